"""Files of a checkout that own bays."""
