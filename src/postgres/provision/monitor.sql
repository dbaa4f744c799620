-- Run it with: connect-BAND.sh -f monitor-BAND.sql
-- A role sees its own statements; a superuser sees those of all.

\echo
\echo 'Top slow queries'
SELECT query, calls, mean_exec_time, total_exec_time
FROM monitoring.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query <> '<insufficient privilege>'
ORDER BY mean_exec_time DESC
LIMIT 20;

\echo 'Top slow queries, shortened'
SELECT
  substring(query, 1, 60) AS query_snippet,
  calls,
  round(mean_exec_time::numeric, 2) AS avg_ms,
  round(total_exec_time::numeric, 2) AS total_ms
FROM monitoring.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND query <> '<insufficient privilege>'
ORDER BY mean_exec_time DESC
LIMIT 10;

\echo 'Table sizes'
SELECT
  schemaname,
  tablename,
  pg_size_pretty(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass)) AS total_size
FROM pg_tables
WHERE schemaname IN ('perf_synthetic', 'public')
ORDER BY pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass) DESC;

\echo 'Table & index sizes'
SELECT
  schemaname || '.' || tablename AS table_name,
  pg_size_pretty(pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass)) AS total_size,
  pg_size_pretty(pg_table_size(format('%I.%I', schemaname, tablename)::regclass)) AS table_size,
  pg_size_pretty(pg_indexes_size(format('%I.%I', schemaname, tablename)::regclass)) AS index_size
FROM pg_tables
WHERE schemaname IN ('perf_synthetic', 'public')
ORDER BY pg_total_relation_size(format('%I.%I', schemaname, tablename)::regclass) DESC;

\echo 'Index usage'
SELECT
  relname AS table_name,
  indexrelname AS index_name,
  idx_scan,
  pg_size_pretty(pg_relation_size(indexrelid)) AS index_size
FROM pg_stat_user_indexes
WHERE schemaname IN ('perf_synthetic', 'public')
ORDER BY idx_scan, indexrelname;

\echo 'Autovacuum activity'
SELECT relname, last_vacuum, last_autovacuum, vacuum_count, autovacuum_count
FROM pg_stat_user_tables
WHERE schemaname IN ('perf_synthetic', 'public')
ORDER BY autovacuum_count DESC, relname;

\echo 'Autovacuum activity and changed rows'
SELECT
  schemaname || '.' || relname AS table_name,
  last_vacuum,
  last_autovacuum,
  vacuum_count,
  autovacuum_count,
  n_tup_ins AS inserts,
  n_tup_upd AS updates,
  n_tup_del AS deletes
FROM pg_stat_user_tables
WHERE schemaname IN ('perf_synthetic', 'public')
ORDER BY n_tup_ins + n_tup_upd + n_tup_del DESC;

\echo 'Running COPY'
SELECT
  count(*) AS copies,
  coalesce(sum(tuples_processed), 0) AS rows_so_far,
  pg_size_pretty(coalesce(sum(bytes_processed), 0)) AS bytes_so_far
FROM pg_stat_progress_copy
WHERE datname = current_database();

\echo 'Locks'
SELECT mode, granted, count(*) AS locks
FROM pg_locks
WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY mode, granted
ORDER BY granted, locks DESC;
