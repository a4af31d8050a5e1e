"""Commands and questions about known scenes, with the objects they mean."""
