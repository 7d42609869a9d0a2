"""What a question needs to know of Bitbucket: pure, without network or database."""
