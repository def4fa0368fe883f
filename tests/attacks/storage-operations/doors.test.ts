import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OPERATIONS } from "@moltbot/contracts";
import type { OperationName, Role } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must, photograph, startAttackHouse } from "../../support/attack-house.ts";
import type { Answer, AttackHouse } from "../../support/attack-house.ts";

describe("what storage does at the API", { timeout: 60_000 }, () => {
  let house: AttackHouse;
  let tokens: Record<Role, string>;
  let conversationId: string;
  beforeAll(async () => {
    house = await startAttackHouse();
    tokens = {
      owner: await house.tokenOf("owner"),
      admin: await house.tokenOf("admin"),
      member: await house.tokenOf("member"),
      viewer: await house.tokenOf("viewer"),
    };
    conversationId = (await house.obey([])).report.conversationId;
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  const ask = (
    name: OperationName,
    body: unknown,
    path: Readonly<Record<string, string>> = {},
    role: Role = "owner",
  ) => {
    const { method, path: pattern } = OPERATIONS[name];
    const reads = method === "GET" || method === "DELETE";
    const place = pattern.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(path[key] ?? "x"));
    const query = new URLSearchParams((body ?? {}) as Record<string, string>).toString(); // a test's own words
    return house.http({
      method,
      path: reads && query !== "" ? `${place}?${query}` : place,
      headers: {
        authorization: `Bearer ${tokens[role]}`,
        ...(reads ? {} : { "content-type": "application/json" }),
      },
      ...(reads ? {} : { body: JSON.stringify(body) }),
    });
  };
  const problem = ({ status, text }: Answer): string =>
    status < 400 ? "ok" : String((JSON.parse(text) as { code?: unknown }).code); // a problem document

  it("puts a backup into no folder but a plain one of this user outside the home, and leaves nothing elsewhere", async () => {
    const { root, home } = house.place;
    const places = join(root, "places");
    mkdirSync(join(places, "mine"), { recursive: true, mode: 0o700 });
    writeFileSync(join(places, "file"), "x");
    symlinkSync(join(home, "vault"), join(places, "to-vault"));
    symlinkSync(home, join(places, "to-home"));
    symlinkSync(join(places, "loop"), join(places, "loop"));
    execFileSync("mkfifo", [join(places, "pipe")]);
    const workspace = house.workspaceOf(house.agent.id);
    const before = Object.keys(photograph(home, [join(home, "audit"), join(home, "run")]));
    const refused = [
      "relative",
      "..",
      ".",
      "~",
      home,
      join(home, "vault"),
      join(home, "audit"),
      join(home, "attachments"),
      workspace,
      `${home}/backups/../vault`,
      join(places, "to-vault"),
      join(places, "to-home"),
      join(places, "to-home", "vault"),
      join(places, "loop"),
      join(places, "pipe"),
      join(places, "file"),
      join(places, "absent"),
      "/proc/self",
      "/proc/self/fd",
      "/dev/null",
      `${places}/mine\u0000`,
      `/${"x".repeat(4_000)}`,
    ];
    for (const kind of ["backup", "keyring"] as const)
      for (const folder of refused)
        expect([folder, problem(await ask("backups.create", { kind, folder }))]).toEqual([folder, "BACKUP_PLACE"]);
    const after = Object.keys(photograph(home, [join(home, "audit"), join(home, "run")]));
    expect(after).toEqual(before);
    expect(problem(await ask("backups.create", { kind: "keyring", folder: join(places, "mine") }))).toBe("ok");
    for (const path of readdirSync(join(places, "mine"), { recursive: true }).map(String))
      expect(path).toMatch(/^moltbot-keyring-/);
  });

  it("tells nothing of other files when asked to verify them, hangs at none, and reads none to its end", async () => {
    const places = join(house.place.root, "verify");
    mkdirSync(places, { mode: 0o700 });
    execFileSync("mkfifo", [join(places, "pipe")]);
    writeFileSync(join(places, "magic"), Buffer.concat([Buffer.from("MOLTBKUP"), Buffer.alloc(200, 0xff)]));
    writeFileSync(join(places, "short"), "MOLTBKUP");
    writeFileSync(join(places, "huge"), "");
    truncateSync(join(places, "huge"), 2 ** 40);
    symlinkSync("/dev/zero", join(places, "zero"));
    const files = [
      "/dev/zero",
      "/dev/random",
      "/dev/tty",
      "/proc/self/environ",
      "/proc/self/mem",
      "/proc/kmsg",
      "/etc/passwd",
      "/etc/shadow",
      "/root",
      "/",
      "/absent/file",
      join(places, "pipe"),
      join(places, "zero"),
      join(places, "huge"),
      join(house.place.home, "vault", "keyring.jsonl"),
      `${places}/magic\u0000.backup`,
      house.socket,
    ];
    const said = new Set<string>();
    for (const file of files) {
      const answer = await ask("backups.verify", { file });
      expect([file, problem(answer)]).toEqual([file, "BACKUP_UNREADABLE"]);
      const { detail } = JSON.parse(answer.text) as { detail?: string }; // a problem document
      said.add(String(detail).replaceAll(file.split("/").at(-1) ?? "", ""));
    }
    // Missing, forbidden, a device and somebody's file are one answer.
    expect([...said].map((text) => /no backup that this user can read/.test(text))).not.toContain(false);
    for (const name of ["magic", "short"])
      expect(problem(await ask("backups.verify", { file: join(places, name) }))).toMatch(/^BACKUP_/);
    expect(problem(await ask("backups.verify", { file: "relative.backup" }))).toBe("REQUEST_INVALID");
  });

  it("erases nothing that is not named twice, letter by letter, or does not exist", async () => {
    const subject = { kind: "conversation", id: conversationId } as const;
    for (const confirm of ["", "yes", conversationId.slice(0, -1), `${conversationId}x`, house.agent.id, "*"])
      expect([confirm, problem(await ask("privacy.erase", { subject, confirm }))]).toEqual([
        confirm,
        "ERASURE_NOT_CONFIRMED",
      ]);
    for (const kind of ["person", "tenant", "memory", "__proto__"])
      expect(
        problem(await ask("privacy.erase", { subject: { kind, id: conversationId }, confirm: conversationId })),
      ).toMatch(/^(NOT_FOUND|REQUEST_INVALID)$/);
    expect(problem(await ask("privacy.erase", { subject, confirm: conversationId }, {}, "viewer"))).not.toBe("ok");
    expect(problem(await ask("attachments.list", {}, { conversationId }))).toBe("ok");
    expect(must(await house.client.call("privacy.certificates", {}))).toEqual([]);
  });

  it("keeps no file that is too large, no text that is no base64, and nothing for who may only look", async () => {
    const attach = (body: unknown, role: Role = "owner") => ask("attachments.create", body, { conversationId }, role);
    for (const content of ["%%%", "eA", "e A=", "eA==\n", "data:text/plain;base64,eA==", 5, null, ["eA=="]])
      expect(problem(await attach({ name: "a", content }))).toBe("REQUEST_INVALID");
    for (const name of ["", " ", "a\u202eb", "a\u0000", "x".repeat(256), 7, null])
      expect([name, problem(await attach({ name, content: "eA==" }))]).toEqual([name, "REQUEST_INVALID"]);
    for (const mediaType of ["text/html\r\nset-cookie: a=b", "text", "a/b; c=d", "../x", "x".repeat(200)])
      expect(problem(await attach({ name: "a", mediaType, content: "eA==" }))).toBe("REQUEST_INVALID");
    const large = await attach({ name: "large", content: "A".repeat(64 * 1024 * 1024) });
    expect([large.status, large.text.length > 2_000]).not.toContain(true);
    expect(large.status).toBeGreaterThanOrEqual(400);
    expect(problem(await attach({ name: "a", content: "eA==" }, "viewer"))).not.toBe("ok");
    expect(JSON.parse((await ask("attachments.list", {}, { conversationId })).text)).toEqual([]);
    const kept = JSON.parse((await attach({ name: "../../a.html", mediaType: "text/html", content: "eA==" })).text) as {
      id: string;
      label: { integrity: string; readers: unknown };
    }; // the answer's shape
    expect(kept.label.integrity).toBe("untrusted");
    expect(kept.label.readers).not.toBe("public");
    const got = await ask("attachments.get", {}, { attachmentId: kept.id }, "viewer");
    // Never as what it claims to be: a page would run in this origin.
    expect(got.headers["content-type"]).toMatch(/^application\/json/);
    expect(problem(await ask("attachments.remove", {}, { attachmentId: kept.id }, "viewer"))).not.toBe("ok");
    expect(problem(await ask("attachments.remove", {}, { attachmentId: kept.id }, "member"))).toBe("ok");
  });

  it("answers wrong numbers and filters with what is wrong, and no word twice", async () => {
    for (const [name, query] of [
      ["search.messages", { query: "a", limit: "-1" }],
      ["search.messages", { query: "a", limit: "1e9" }],
      ["search.messages", { query: "a", limit: "NaN" }],
      ["search.messages", { query: "x".repeat(501) }],
      ["search.messages", { query: "a", conversationId: "../.." }],
      ["jobs.list", { limit: "-1" }],
      ["jobs.list", { state: "all' or 1=1" }],
      ["outbox.list", { state: "__proto__" }],
      ["audit.list", { limit: "-5" }],
      ["audit.list", { before: "-1" }],
      ["audit.list", { event: "x".repeat(81) }],
      ["audit.proof", {}],
      ["audit.proof", { record: "0", size: "1" }],
      ["audit.proof", { record: "-1" }],
      ["audit.proof", { record: "1.5" }],
    ] as const)
      expect([name, query, problem(await ask(name, query))]).toEqual([name, query, "REQUEST_INVALID"]);
    for (const query of [{ record: "999999999" }, { size: "999999999" }, { size: String(2 ** 53 - 1) }])
      expect(problem(await ask("audit.proof", query))).toMatch(/^(NOT_FOUND|AUDIT_|REQUEST_INVALID)/);
    // Whoever may look may hold a head against the log, and reads no record by it.
    const proof = await ask("audit.proof", { record: "0" }, {}, "viewer");
    expect(Object.keys(JSON.parse(proof.text) as object).toSorted()).toEqual([
      "head",
      "kind",
      "leaf",
      "path",
      "record",
    ]);
    for (const person of ["' or 1=1", "*", ".*", "__proto__"])
      expect(JSON.parse((await ask("audit.list", { person })).text)).toEqual([]);
  });

  it("writes no word that somebody looks for into its log", async () => {
    const word = "pelicanwhisper";
    expect(problem(await ask("search.messages", { query: word }))).toBe("ok");
    const logs = join(house.place.home, "logs");
    const text = existsSync(logs)
      ? readdirSync(logs)
          .map((name) => readFileSync(join(logs, name), "utf8"))
          .join("")
      : "";
    expect(text).not.toContain(word);
    expect(must(await house.client.call("audit.export", {})).jsonl).not.toContain(word);
  });
});
