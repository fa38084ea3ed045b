create table imports (
    sha256 varchar primary key,
    rows_done bigint not null,
    rows_bad bigint not null,
    is_complete boolean not null,
    changed_at timestamp not null
);
