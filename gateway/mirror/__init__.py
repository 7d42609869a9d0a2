"""What was read of Bitbucket, kept in a relational database with the age of every fact."""
