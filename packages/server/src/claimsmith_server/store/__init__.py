"""Tables, and functions over them."""
