"""The file that `kubectl mesh snapshot` writes: what it holds, with stand-ins if wished."""
