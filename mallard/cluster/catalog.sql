create schema if not exists mallard_cluster;

create table mallard_cluster.cluster (
    id uuid primary key,
    form integer not null,
    duckdb text not null,
    secret_fingerprint text not null,
    visitor_id_rotation text not null,
    visitor_salts text not null,
    visitor_salt_grace_days integer not null,
    storage text not null,
    made_at timestamptz not null default now()
);

create table mallard_cluster.nodes (
    name text primary key,
    directory uuid not null,
    joined_at timestamptz not null default now(),
    left_at timestamptz,
    seen_at timestamptz not null default now(),
    followed bigint not null default 0,
    waiting bigint not null default 0,
    erased bigint not null default 0,
    retention_days integer not null default 0
);

-- What was asked to be erased, for ever: a node that is away for long does it when it is back.
create table mallard_cluster.erasures (
    id uuid primary key,
    number bigint not null unique,
    site_id text not null,
    first_day date not null,
    end_day date not null,
    accepted_before timestamptz not null,
    noted_at timestamptz not null
);

-- Of the random salt of a period it is here only what tells, under the secret, whether another one is
-- the same: the first to note one makes it that of all nodes.
create table mallard_cluster.salts (
    period text primary key,
    fingerprint text not null
);

-- Which nodes have it, and which ask for it: a copy is sealed for a key that only the process has that
-- asks, in its memory.
create table mallard_cluster.salt_copies (
    period text not null references mallard_cluster.salts on delete cascade,
    node text not null,
    is_here boolean not null,
    public_key bytea,
    proof bytea,
    sealed bytea,
    primary key (period, node)
);

-- What people have decided, about a site or the instance: sealed under the secret of the nodes, which is
-- not here.
create table mallard_cluster.documents (
    key text primary key,
    edition uuid not null,
    sealed bytea not null
);

-- Whoever decides something says here that there is something new; where it is null, nothing was ever
-- decided. The lock on it is that of all documents.
create table mallard_cluster.decided (edition uuid);
insert into mallard_cluster.decided values (null);

-- Who is signed in, by the SHA-256 of what a browser or program shows; whose it is is sealed likewise.
create table mallard_cluster.sessions (
    digest text primary key,
    kind text not null,
    sealed bytea not null,
    began_at timestamptz not null,
    ends_at timestamptz not null
);

-- Whoever adds or ends one says here that there is something new.
create table mallard_cluster.signed_in (edition uuid);
insert into mallard_cluster.signed_in values (null);

-- Who has failed to get in, by a digest under the secret of the address and the account.
create table mallard_cluster.attempts (
    digest text primary key,
    failures integer not null,
    locked_until timestamptz,
    seen_at timestamptz not null
);

-- What a file holds is announced before it is added; until then it has no snapshot. Nothing of the
-- erasures up to the number `erased` is in it. A file that replaces another one takes its place in the
-- order; one that has gone from the lake is deleted later.
create table mallard_cluster.files (
    file text primary key,
    node text not null,
    batches text[] not null,
    announced_at timestamptz not null default now(),
    snapshot bigint,
    erased bigint not null,
    replaces text,
    lake_id bigint,
    gone_at timestamptz
);

-- A snapshot brings one file, so that whoever has seen a snapshot has seen all of it.
create unique index files_in_order on mallard_cluster.files (snapshot) where snapshot is not null;

create table mallard_cluster.batches (
    batch text primary key,
    file text references mallard_cluster.files on delete set null
);

create index batches_of_files on mallard_cluster.batches (file);

-- In the very transaction that adds a file to the lake its batches are noted; a batch that another
-- file has brought refuses it. A file that replaces another one has that one's batches and place, and
-- is refused when these are a third one's by now.
create function mallard_cluster.note_batches() returns trigger language plpgsql as $$
declare
    added text := regexp_replace(new.path, '^.*/', '');
    announced text[];
    former text;
    place bigint;
    since timestamptz;
    noted integer;
begin
    update mallard_cluster.files set snapshot = new.begin_snapshot, lake_id = new.data_file_id
    where file = added returning batches, replaces into announced, former;
    if announced is null then
        raise exception 'mallard: % was not announced', added;
    end if;
    if former is null then
        insert into mallard_cluster.batches (batch, file)
        select unnest(announced), added on conflict do nothing;
    else
        update mallard_cluster.batches set file = added where file = former;
    end if;
    get diagnostics noted = row_count;
    if noted <> cardinality(announced) then
        raise exception 'mallard: a batch of % is there already', added;
    end if;
    if former is not null then
        select snapshot, announced_at into place, since
        from mallard_cluster.files where file = former;
        update mallard_cluster.files set snapshot = null where file = former;
        update mallard_cluster.files set snapshot = place, announced_at = since where file = added;
    end if;
    return new;
end
$$;

-- A file that is taken out of the lake has gone from the list in the same transaction.
create function mallard_cluster.note_gone() returns trigger language plpgsql as $$
begin
    update mallard_cluster.files set gone_at = now()
    where file = regexp_replace(new.path, '^.*/', '') and gone_at is null;
    return new;
end
$$;

-- The smallest and the largest text of all files would outlive the events that they are of.
create function mallard_cluster.forget_extremes() returns trigger language plpgsql as $$
begin
    new.min_value := null;
    new.max_value := null;
    return new;
end
$$;

-- What the lake knows of the files that are in it.
create view mallard_cluster.held as
select f.file, f.batches, f.erased, f.snapshot,
    s.min_value as first_site, s.max_value as last_site,
    t.min_value::timestamp as since, t.max_value::timestamp as until
from mallard_cluster.files f
left join mallard_lake.ducklake_file_column_stats s on s.data_file_id = f.lake_id and s.column_id =
    (select column_id from mallard_lake.ducklake_column where column_name = 'site_id')
left join mallard_lake.ducklake_file_column_stats t on t.data_file_id = f.lake_id and t.column_id =
    (select column_id from mallard_lake.ducklake_column where column_name = 'timestamp')
where f.snapshot is not null and f.gone_at is null;

create index column_stats_of_files on mallard_lake.ducklake_file_column_stats
    (data_file_id, column_id);

create trigger note_batches after insert on mallard_lake.ducklake_data_file
for each row execute function mallard_cluster.note_batches();

create trigger note_gone after update on mallard_lake.ducklake_data_file
for each row when (old.end_snapshot is null and new.end_snapshot is not null)
execute function mallard_cluster.note_gone();

create trigger forget_extremes before insert or update on mallard_lake.ducklake_table_column_stats
for each row execute function mallard_cluster.forget_extremes();
