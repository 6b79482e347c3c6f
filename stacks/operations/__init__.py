"""One operation on a bay a file; plans of them are pure."""
