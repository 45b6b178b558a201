"""Small states of the whole lake, which stay when tables come and go: choices behind conventions, refused deliveries."""
