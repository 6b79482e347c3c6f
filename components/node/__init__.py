"""What makes a server a node: boot data, keys, certificates, the way it joins."""
