package store

// PostgresSchema is for the tests outside the package.
var PostgresSchema = postgresSchema
