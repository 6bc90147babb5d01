"""What the tool says: findings, the report, its verdict, and every sentence in it."""
