"""What objects of the lake were made from, followed through all tables between them and the delivered files."""
