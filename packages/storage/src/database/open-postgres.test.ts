import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { postgresDialect } from "./dialect-postgres.ts";
import { createGates } from "./gate.ts";
import { MIGRATIONS } from "./migrate.ts";
import { openPostgres } from "./open-postgres.ts";
import type { PostgresOptions } from "./open-postgres.ts";
import { connectionConfig, createPool } from "./postgres/connect.ts";
import type { PostgresPlace } from "./postgres/connect.ts";
import { postgresEngine } from "./postgres/engine.ts";
import { onPostgres } from "./testing/engines.ts";
import { startProxy } from "./testing/proxy.ts";
import {
  AT,
  aCapability,
  aConversation,
  aMessage,
  aTurn,
  aUse,
  anAgent,
  codeOf,
  later,
  memorySealer,
  must,
  openTest,
  person,
  scopeOf,
  silent,
  standingClock,
} from "./testing/world.ts";
import type { Database } from "./assemble.ts";

const ada = person();
const me = scopeOf(ada);

onPostgres((engine, server) => {
  const opened: Database[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close();
  });
  const place = (change: Partial<PostgresPlace> = {}, more: Partial<PostgresOptions> = {}): PostgresOptions => {
    const { schema, ...options } = engine.options() as PostgresOptions; // the engine of PostgreSQL makes no others
    return { ...options, schema, connection: { ...server().place, ...change }, ...more };
  };
  const open = async (options: PostgresOptions): Promise<Database> => {
    const db = await openTest(options);
    opened.push(db);
    return db;
  };
  const withHome = async (options = place()) => {
    const db = await open(options);
    const home = aConversation(ada);
    must(await db.conversations.create(me, home));
    return { db, home, options };
  };
  const problemOf = (result: Result<unknown>): string =>
    result.ok ? "ok" : `${result.error.code} ${String(result.error.context["problem"])}`;

  describe("opening", () => {
    it("makes the schema once, when three processes come at the same time", async () => {
      const options = place();
      const all = await Promise.all([open(options), open(options), open(options)]);
      for (const db of all) expect(must(await db.check())).toEqual([]);
    });

    it("orders every text by its bytes and gives every number 64 bits, whatever the database's language is", async () => {
      const { schema } = (await withHome()).options;
      const columns = await server().ask(
        `select table_name, column_name, data_type, collation_name from information_schema.columns where table_schema = '${String(schema)}' and data_type <> 'bytea'`,
      );
      expect(columns.length).toBeGreaterThan(150);
      const wrong = columns.filter(({ data_type, collation_name }) =>
        data_type === "text" ? collation_name !== "C" : data_type !== "bigint",
      );
      expect(wrong).toEqual([]);
      const [order] = await server().ask("select 'a' < 'B' as as_a_language_does");
      expect(order).toEqual({ as_a_language_does: true });
    });

    it("refuses a schema of a newer program and leaves it alone", async () => {
      const options = place();
      const newer = [
        ...MIGRATIONS,
        { version: 1_000, name: "later", statements: () => ["CREATE TABLE later (id TEXT PRIMARY KEY)"] },
      ];
      await (await openTest(options, { migrations: newer })).close();
      const refused = await openPostgres(options);
      expect(codeOf(refused)).toBe("DATABASE_TOO_NEW");
      expect(refused.ok ? null : refused.error.context).toMatchObject({ found: 1_000 });
      await (await openTest(options, { migrations: newer })).close();
    });

    it("leaves nothing of a migration that failed half way", async () => {
      const options = place();
      const broken = [
        ...MIGRATIONS,
        {
          version: 1_000,
          name: "broken",
          statements: () => ["CREATE TABLE half (id TEXT)", "CREATE TABLE half (id TEXT)"],
        },
      ];
      await expect(openTest(options, { migrations: broken })).rejects.toThrow("already exists");
      const db = await open(options);
      expect(must(await db.check())).toEqual([]);
    });

    it("names what is wrong with the server, and says nothing else of it", async () => {
      await server().ask("create role guest login password 'guest' connection limit 0");
      await server().ask("create role reader login password 'reader'");
      await server().ask("alter role reader set default_transaction_read_only = on");
      await server().ask("grant create on database moltbot to reader");
      const cases: readonly (readonly [Partial<PostgresPlace>, string])[] = [
        [{ password: "wrong" }, "it refuses this user (SQLSTATE 28P01)"],
        [{ database: "nowhere" }, "there is no such database (SQLSTATE 3D000)"],
        [{ user: "guest", password: "guest" }, "it has too many connections (SQLSTATE 53300)"],
        [{ user: "reader", password: "reader" }, "it is read-only (SQLSTATE 25006)"],
        [{ host: "127.0.0.1", port: 1 }, "the connection was cut or could not be made (ECONNREFUSED)"],
        [{ host: "/nowhere" }, "the connection was cut or could not be made (ENOENT)"],
      ];
      for (const [change, problem] of cases)
        expect(problemOf(await openPostgres(place(change)))).toBe(`DATABASE_UNAVAILABLE ${problem}`);
      expect(problemOf(await openPostgres(place({}, { schema: 'a"; drop table facts; --' })))).toContain(
        "no plain name",
      );
      await server().ask("revoke create on database moltbot from reader");
    });

    it("refuses a database that is not in UTF-8", async () => {
      await server().ask("create database latin encoding 'LATIN1' locale 'C' template template0 locale_provider libc");
      expect(problemOf(await openPostgres(place({ database: "latin" })))).toContain("encoding is not UTF8");
    });

    it("reads an address as text, over loopback as well", async () => {
      const { user, password, port, database } = server().place;
      const secret = encodeURIComponent(password ?? "");
      for (const where of [`127.0.0.1:${port}/${database}`, `:${port}/${database}?host=${server().folder}`]) {
        const connection = where.startsWith(":")
          ? `postgres://${user}:${secret}@localhost${where}`
          : `postgres://${user}:${secret}@${where}`;
        await open(place({}, { connection }));
      }
      for (const connection of ["mysql://here/there", "nonsense", "postgres://a@db.example.org/x?sslmode=disable"])
        expect(problemOf(await openPostgres(place({}, { connection })))).toContain("its address");
    });
  });

  describe("two gateways on one database", () => {
    it("leave each other's leases alone, and take those of one that is gone at once", async () => {
      const { db: first, home, options } = await withHome();
      const second = await open(options);
      const turn = must(await first.turns.enqueue(me, aTurn(ada, home), null)).turn;
      const lease = must(await first.turns.claim(AT, later(60_000)));
      expect(lease?.turn.id).toBe(turn.id);
      expect(must(await second.turns.recover(AT))).toEqual([]);
      expect(must(await second.turns.claim(AT, later(60_000)))).toBeNull();
      await first.close();
      expect(must(await second.turns.recover(AT))).toEqual([turn.id]);
      const again = must(await second.turns.claim(AT, later(60_000)));
      expect(again?.fence).toBe((lease?.fence ?? 0) + 1);
    });

    it("take a lease that ran out, and the one who held it can write nothing more", async () => {
      const { db: first, home, options } = await withHome();
      const second = await open(options);
      must(await first.turns.enqueue(me, aTurn(ada, home), null));
      const lease = must(await first.turns.claim(AT, later(10)));
      if (lease === null) throw new Error("nothing to claim");
      expect(must(await second.turns.claim(later(11), later(60_000)))?.turn.id).toBe(lease.turn.id);
      const end = { state: "done", messageId: null, code: null } as const;
      expect(codeOf(await first.turns.finish(lease, end))).toBe("QUEUE_LEASE_LOST");
    });

    it("comes back into sight after its connections were cut", async () => {
      const { db: first, home, options } = await withHome();
      const second = await open(options);
      must(await first.turns.enqueue(me, aTurn(ada, home), null));
      await cutAll();
      await until(async () => (await first.turns.claim(AT, later(60_000))).ok);
      const [locks] = await server().ask(
        "select count(*) as held from pg_locks where locktype = 'advisory' and objsubid = 2",
      );
      expect(Number(locks?.["held"])).toBeLessThanOrEqual(2);
      await until(async () => {
        const [now] = await server().ask(
          "select count(*) as held from pg_locks where locktype = 'advisory' and objsubid = 2",
        );
        return now?.["held"] === "2";
      });
      expect(must(await second.turns.recover(AT))).toEqual([]);
    });

    it("count every use once, although both look before they write", async () => {
      const { db: first, options } = await withHome();
      const second = await open(options);
      const agent = anAgent(ada);
      const grant = aCapability(ada, agent.id);
      must(await first.capabilities.create(me, grant));
      const uses = Array.from({ length: 60 }, (_, n) =>
        (n % 2 === 0 ? first : second).capabilities.addUse(me, aUse(grant)),
      );
      for (const used of await Promise.all(uses)) must(used);
      expect(must(await first.capabilities.usage(me, [grant.id]))[0]).toMatchObject({ count: 60, bytes: 600 });
    });
  });

  describe("unplug: without the one line of writers", () => {
    const race = async (locks: readonly [bigint, bigint]): Promise<unknown> => {
      const config = connectionConfig(await server().newDatabase(), "public");
      const pools = [0, 1].map(() => ({ reading: createPool(config, 1), writing: createPool(config, 1) }));
      const engines = pools.map((each, n) => postgresEngine(each, postgresDialect(1), locks[n] ?? 0n));
      const [one] = engines;
      const make = one?.statement("CREATE TABLE counted (n BIGINT)");
      const fill = one?.statement("INSERT INTO counted VALUES (0)");
      if (one === undefined || make === undefined || fill === undefined) throw new Error("there are two");
      must(await createGates(one).outer.write(async () => (await make.run([]), await fill.run([]), ok(null))));
      const counting = engines.map((each) => {
        const read = each.statement("SELECT n FROM counted");
        const write = each.statement("UPDATE counted SET n = $1");
        return createGates(each).outer.write(async () => {
          const row = (await read.one([])) as { n: number }; // the one column
          await new Promise((resolve) => setTimeout(resolve, 100));
          await write.run([row.n + 1]);
          return ok(null);
        });
      });
      for (const counted of await Promise.all(counting)) must(counted);
      const last = one.statement("SELECT n FROM counted");
      const found = must(await createGates(one).outer.read(async () => ok(await last.one([]))));
      for (const each of pools) await Promise.all([each.reading.end(), each.writing.end()]);
      return found;
    };

    it("a look that does not hold any more loses an update", async () => {
      expect(await race([7n, 7n])).toEqual({ n: 2 });
      expect(await race([7n, 8n])).toEqual({ n: 1 });
    });
  });

  /** Ends every connection of ours, as an administrator or a network does. */
  const cutAll = async (): Promise<void> => {
    await server().ask("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'moltbot'");
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (let n = 0; n < 100; n += 1) {
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("it did not come to that");
  };

  describe("a server that fails", () => {
    it("cut off in mid-transaction: a named error, nothing half done, and it goes on by itself", async () => {
      const { db, home } = await withHome();
      const [first, second] = [aMessage(home, "one"), aMessage(home, "two")];
      const cut = await db.atomically(async (inside) => {
        must(await inside.conversations.append(me, "main", first));
        await cutAll();
        return inside.conversations.append(me, "main", second);
      });
      expect(problemOf(cut)).toMatch(/^DATABASE_UNAVAILABLE/);
      await until(async () => (await db.conversations.find(me, home.id)).ok);
      expect(must(await db.conversations.path(me, home.id, "main", 9))).toEqual([]);
      must(await db.conversations.append(me, "main", second));
      expect(must(await db.conversations.path(me, home.id, "main", 9))).toHaveLength(1);
    });

    it("whose answer to a commit is lost: an error that says it may have happened, never a silent success", async () => {
      const proxy = await startProxy(server().place.port ?? 0);
      const { db, home, options } = await withHome(place({ host: "127.0.0.1", port: proxy.port }));
      const message = aMessage(home, "lost answer");
      proxy.loseTheAnswerTo("COMMIT");
      const lost = await db.conversations.append(me, "main", message);
      expect(problemOf(lost)).toBe(
        "DATABASE_UNAVAILABLE the connection was cut before the commit was confirmed; it may have happened",
      );
      // It did happen here; to do it again changes nothing, because the message has an id.
      await until(async () => (await db.conversations.find(me, home.id)).ok);
      const again = must(await db.conversations.append(me, "main", message));
      expect(must(await db.conversations.path(me, home.id, "main", 9))).toEqual([again]);
      expect(options.schema).toBeDefined();
      await db.close();
      await proxy.close();
    });

    it("whose disk is full, or that stops: the server's own words, which may quote content, go nowhere", async () => {
      const { db, home, options } = await withHome();
      const canary = "canarycanary";
      await server().ask(
        `create function ${String(options.schema)}.refuse() returns trigger language plpgsql as $$ begin raise exception '${canary}' using errcode = '53100', detail = '${canary}'; end $$`,
      );
      await server().ask(
        `create trigger refuse before insert on ${String(options.schema)}.messages execute function ${String(options.schema)}.refuse()`,
      );
      const full = await db.conversations.append(me, "main", aMessage(home));
      expect(problemOf(full)).toBe("DATABASE_UNAVAILABLE its disk is full (SQLSTATE 53100)");
      expect(JSON.stringify(full)).not.toContain(canary);
      await server().ask(`drop trigger refuse on ${String(options.schema)}.messages`);
      must(await db.conversations.append(me, "main", aMessage(home)));
      const taken = await db.conversations.create(me, home);
      expect(codeOf(taken)).toBe("CONFLICT");
      expect(JSON.stringify(taken)).not.toContain(home.id);
    });

    it("killed while it is written to: everything acknowledged is there when it runs again", async () => {
      const { db, home } = await withHome();
      const acknowledged: string[] = [];
      let ended = false;
      const writing = [0, 1, 2].map(async () => {
        while (!ended) {
          const message = aMessage(home);
          if ((await db.conversations.append(me, "main", message)).ok) acknowledged.push(message.id);
        }
      });
      await until(async () => acknowledged.length > 30);
      await server().halt("kill");
      expect(problemOf(await db.conversations.find(me, home.id))).toMatch(/^DATABASE_UNAVAILABLE/);
      ended = true;
      await Promise.all(writing);
      await server().start();
      await until(async () => (await db.conversations.find(me, home.id)).ok);
      const found = new Set<string>(
        must(await db.conversations.path(me, home.id, "main", 100_000)).map(({ id }) => id),
      );
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
      expect(must(await db.check())).toEqual([]);
    }, 60_000);
  });

  describe("check", () => {
    it("reports an index that is not valid, a version that is missing, and a server that does not wait for its disk", async () => {
      const { db, options } = await withHome();
      const schema = String(options.schema);
      await server().ask(
        `update pg_index set indisvalid = false where indexrelid = '${schema}.calls_of_turn'::regclass`,
      );
      await server().ask(`delete from ${schema}.schema_versions where version = 2`);
      await server().ask("alter system set full_page_writes = off");
      await server().ask("select pg_reload_conf()");
      await until(async () => (must(await db.check()).length ?? 0) === 3);
      expect(must(await db.check())).toEqual([
        "the list of its schema's versions is not the one that was written",
        "the index calls_of_turn is not valid",
        "a crash may tear its pages (full_page_writes is off)",
      ]);
      await server().ask("alter system reset full_page_writes");
      await server().ask("select pg_reload_conf()");
    });

    it("reports a row that its index does not know", async () => {
      const { db, options } = await withHome();
      const schema = String(options.schema);
      // As a collation that changed, or a torn page, would leave it.
      await server().ask(`update pg_index set indisready = false where indexrelid = '${schema}.agents_pkey'::regclass`);
      must(await db.agents.create(me, anAgent(ada)));
      await server().ask(`update pg_index set indisready = true where indexrelid = '${schema}.agents_pkey'::regclass`);
      expect(must(await db.check()).join()).toContain("agents_pkey");
    });
  });

  describe("closing", () => {
    it("waits for what reads, answers afterwards that it is closed, and can be done twice", async () => {
      const { db, home } = await withHome();
      const reading = Array.from({ length: 30 }, () => db.conversations.find(me, home.id));
      const closing = db.close();
      for (const read of await Promise.all(reading)) expect(["ok", "DATABASE_UNAVAILABLE"]).toContain(codeOf(read));
      await closing;
      expect(problemOf(await db.conversations.find(me, home.id))).toBe("DATABASE_UNAVAILABLE it is closed");
      expect(problemOf(await db.conversations.append(me, "main", aMessage(home)))).toBe(
        "DATABASE_UNAVAILABLE it is closed",
      );
      expect(codeOf(await db.atomically(async () => ok(null)))).toBe("DATABASE_UNAVAILABLE");
      expect(codeOf(await db.check())).toBe("DATABASE_UNAVAILABLE");
      await db.close();
    });
  });
});

describe("a connection that leaves this machine", () => {
  const of = (connection: string | PostgresPlace) => connectionConfig(connection, "moltbot").ssl;
  const place = { database: "moltbot", user: "moltbot" };

  it("goes through TLS that is verified, and nothing in its address turns that off", () => {
    expect(of({ ...place, host: "db.example.org" })).toEqual({ rejectUnauthorized: true });
    expect(of({ ...place, host: "10.0.0.1", authority: "pem" })).toEqual({ rejectUnauthorized: true, ca: "pem" });
    expect(of("postgres://moltbot@db.example.org/moltbot")).toEqual({ rejectUnauthorized: true });
    for (const option of ["sslmode=disable", "ssl=0", "sslmode=no-verify"])
      expect(() => of(`postgres://moltbot@db.example.org/moltbot?${option}`)).toThrow("not known here");
  });

  it("stays plain on a socket and on loopback alone", () => {
    for (const host of ["/var/run/postgresql", "127.0.0.1", "::1", "localhost"])
      expect(of({ ...place, host })).toBe(false);
    for (const host of ["127.0.0.1.example.org", "localhost.example.org", "0.0.0.0"])
      expect(of({ ...place, host })).not.toBe(false);
  });

  it("answers with a named error when there is no TLS at the other end", async () => {
    const options = { sealer: memorySealer(), clock: standingClock(), log: silent };
    const refused = await openPostgres({ ...options, connection: { ...place, host: "localhost.invalid", port: 1 } });
    expect(codeOf(refused)).toBe("DATABASE_UNAVAILABLE");
  });
});
