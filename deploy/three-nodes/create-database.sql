-- Runs once, when the volume of PostgreSQL is empty. The role of Mayfly owns its database and nothing else.
\set password `cat /run/secrets/database-password`
CREATE ROLE mayfly LOGIN PASSWORD :'password';
CREATE DATABASE mayfly OWNER mayfly ENCODING 'UTF8' TEMPLATE template0;
