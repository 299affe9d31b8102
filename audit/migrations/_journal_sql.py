"""The journal's SQL objects: the append function and the triggers that keep it append-only."""

APPEND = """
CREATE FUNCTION audit_append(p_account uuid, p_rows jsonb, p_before text[], p_between text[], p_after text[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head audit_head%ROWTYPE;
    piece record;
    last_at timestamptz;
    entry_at timestamptz;
    chain bytea;
BEGIN
    INSERT INTO audit_head (account_id, epoch, seq, hash)
    VALUES (p_account, gen_random_uuid(), 0, decode(repeat('00', 32), 'hex'))
    ON CONFLICT (account_id) DO NOTHING;
    SELECT * INTO head FROM audit_head WHERE account_id = p_account FOR UPDATE;
    SELECT at INTO last_at FROM audit_log WHERE account_id = p_account AND seq = head.seq;
    FOR piece IN
        SELECT given.value AS row, words.before, words.between, words.after
        FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS given(value, n)
        JOIN unnest(p_before, p_between, p_after) WITH ORDINALITY AS words(before, between, after, n) USING (n)
        ORDER BY n
    LOOP
        head.seq := head.seq + 1;
        entry_at := greatest(clock_timestamp(), last_at);
        last_at := entry_at;
        chain := sha256(head.hash || convert_to(
            piece.before || to_char(entry_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            || piece.between || head.seq || piece.after, 'UTF8'));
        INSERT INTO audit_log (id, account_id, seq, at, kind, v, drift_id, actor_id, actor_role, correlation_id,
                               data, personal, salt, personal_digest, prev_hash, hash)
        VALUES ((piece.row->>'id')::uuid, p_account, head.seq, entry_at, piece.row->>'kind',
                (piece.row->>'v')::smallint, (piece.row->>'drift_id')::uuid, (piece.row->>'actor_id')::uuid,
                piece.row->>'actor_role', piece.row->>'correlation_id', piece.row->'data', piece.row->'personal',
                decode(piece.row->>'salt', 'hex'), decode(piece.row->>'personal_digest', 'hex'), head.hash, chain);
        head.hash := chain;
    END LOOP;
    UPDATE audit_head SET seq = head.seq, hash = head.hash WHERE account_id = p_account;
    RETURN head.seq;
END $$;
"""
DROP_APPEND = "DROP FUNCTION audit_append(uuid, jsonb, text[], text[], text[]);"

PROTECT = """
CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND NEW.personal IS NULL AND NEW.salt IS NULL
       AND to_jsonb(NEW) - 'personal' - 'salt' = to_jsonb(OLD) - 'personal' - 'salt' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_refuse();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
"""
UNPROTECT = """
DROP TRIGGER audit_log_no_truncate ON audit_log;
DROP TRIGGER audit_log_append_only ON audit_log;
DROP FUNCTION audit_log_refuse();
"""

# Dropping what is archived: the one exception from "append-only", by one function, up to the latest checkpoint only.
# Walled work may neither call it nor make a checkpoint. The setting holds for the function's own statement: a DELETE of
# somebody who may delete is refused as before, archived or not.
PROTECT_BUT_ARCHIVED = """
CREATE OR REPLACE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND NEW.personal IS NULL AND NEW.salt IS NULL
       AND to_jsonb(NEW) - 'personal' - 'salt' = to_jsonb(OLD) - 'personal' - 'salt' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND current_setting('driftsentry.dropping', true) = OLD.account_id::text THEN
        IF EXISTS (SELECT FROM audit_checkpoint WHERE account_id = OLD.account_id AND seq >= OLD.seq) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""
PROTECT_ALL = """
CREATE OR REPLACE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND NEW.personal IS NULL AND NEW.salt IS NULL
       AND to_jsonb(NEW) - 'personal' - 'salt' = to_jsonb(OLD) - 'personal' - 'salt' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""

DROP_ARCHIVED = """
CREATE FUNCTION audit_drop_archived(p_account uuid, p_most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    archived bigint;
    dropped bigint;
BEGIN
    SELECT max(seq) INTO archived FROM audit_checkpoint WHERE account_id = p_account;
    PERFORM set_config('driftsentry.dropping', p_account::text, true);
    DELETE FROM audit_log WHERE account_id = p_account AND seq IN (
        SELECT seq FROM audit_log WHERE account_id = p_account AND seq <= archived ORDER BY seq LIMIT p_most);
    GET DIAGNOSTICS dropped = ROW_COUNT;
    PERFORM set_config('driftsentry.dropping', '', true);
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION audit_drop_archived(uuid, integer) FROM PUBLIC;
"""
UNDROP_ARCHIVED = "DROP FUNCTION audit_drop_archived(uuid, integer);"

PROTECT_CHECKPOINTS = """
CREATE FUNCTION audit_checkpoint_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'checkpoints are append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_refuse();
CREATE TRIGGER audit_checkpoint_no_truncate BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_checkpoint_refuse();
"""
UNPROTECT_CHECKPOINTS = """
DROP TRIGGER audit_checkpoint_no_truncate ON audit_checkpoint;
DROP TRIGGER audit_checkpoint_append_only ON audit_checkpoint;
DROP FUNCTION audit_checkpoint_refuse();
"""
