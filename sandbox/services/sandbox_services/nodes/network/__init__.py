"""Makes Neutron's networks, routers, floating IPs and security groups real: database -> plan -> kernel.

network   a namespace with one bridge; filtered there. Where the host is on it: a link that holds the gateway's address
router    a namespace with a link to each network, and address translation
port      of a server: a link between the server's namespace and the network's bridge, put there by Nova's driver

Each namespace tracks its own connections, so two networks may have the same addresses.
"""
