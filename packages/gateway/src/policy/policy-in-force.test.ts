import { done, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, MoltbotError, PolicyReader, Result } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import type { PolicyFile } from "../settings/index.ts";
import { POLICY_FAILED, openPolicy } from "./index.ts";
import { facts } from "./testing/facts.ts";

/** A reader for which every text that begins with "no " is a policy that forbids by its own words. */
const reader: PolicyReader = {
  read: async (text) => {
    if (text === "") return ok({ version: "none", forbids: () => [] });
    return text.startsWith("no ")
      ? ok({ version: `v:${text}`, forbids: () => [text] })
      : err(moltbotError("POLICY_INVALID", { line: 3, problem: "it is no policy" }));
  },
  check: async (text) =>
    text === "" || text.startsWith("no ") ? [] : [{ line: 3, column: 1, problem: "it is no policy" }],
};

/** `first`: null for no file, and a fault for one that cannot be read. */
const world = async (first: string | null | MoltbotError, unrecorded = false) => {
  let text: Result<string | null> = typeof first === "object" && first !== null ? err(first) : ok(first);
  let changed: Parameters<PolicyFile["watch"]>[0] = () => undefined;
  let writes = true;
  let records = !unrecorded;
  const logged: string[] = [];
  const recorded: AuditEvent[] = [];
  const audit = {
    record: async (event: AuditEvent) => {
      if (!records) return err(moltbotError("AUDIT_UNWRITABLE"));
      recorded.push(event);
      return ok({ sequence: 0, at: instantOf(0), ...event, commitments: {} });
    },
  };
  const file: PolicyFile = {
    read: () => text,
    write: async (next) => {
      if (!writes) return err(moltbotError("HOME_NOT_WRITABLE", { home: "h", problem: "ENOSPC" }));
      text = ok(next.trim() === "" ? null : next);
      return done;
    },
    watch: (report) => {
      changed = report;
      return () => undefined;
    },
  };
  const say = (line: string): void => void logged.push(line);
  const log = { debug: say, info: say, warn: say, error: say };
  const policy = await openPolicy({ reader, file, log, audit });
  policy.watch();
  return {
    policy,
    logged,
    recorded,
    failRecords: (fails: boolean) => {
      records = !fails;
    },
    /** As somebody with an editor would. */
    edit: async (next: string | null) => {
      text = ok(next);
      changed(null);
      await policy.reload();
    },
    unwatch: () => changed(moltbotError("CONFIG_UNREADABLE", { file: "policy.cedar", problem: "EMFILE" })),
    failWrites: () => {
      writes = false;
    },
    lies: () => (text.ok ? text.value : null),
    forbidden: () => policy.overlay().forbids(facts()),
  };
};
const recorded = async (): Promise<Result<void>> => done;
const UNREADABLE = moltbotError("CONFIG_UNREADABLE", { file: "policy.cedar", problem: "EACCES" });

const saying = (words: RegExp): unknown => expect.stringMatching(words);

describe("the policy in force at the start", () => {
  it("is the file's, or none", async () => {
    const without = await world(null);
    expect(without.policy.overlay().version).toBe("none");
    expect(without.policy.fault()).toBeNull();
    const { policy, forbidden } = await world("no mail");
    expect(forbidden()).toEqual(["no mail"]);
    expect(policy.fault()).toBeNull();
  });

  it.each([
    ["is not valid", "nonsense"],
    ["cannot be read", UNREADABLE],
    ["was emptied", ""],
    ["was blanked", " \n\uFEFF"],
  ])("forbids everything when the file %s", async (_how, first) => {
    const { policy, forbidden, logged } = await world(first);
    expect(forbidden()).toEqual([POLICY_FAILED]);
    expect(policy.overlay().version).toBe("failed");
    expect(policy.fault()).not.toBeNull();
    expect(logged).toEqual([expect.stringMatching(/everything is forbidden/)]);
  });

  it("unplug: a file that is not valid or empty, taken for none, would forbid nothing", async () => {
    expect((await world("nonsense")).forbidden()).toEqual([POLICY_FAILED]);
    expect((await world("")).forbidden()).toEqual([POLICY_FAILED]);
    expect((await world(null)).forbidden()).toEqual([]);
  });

  it("is recorded: it may have been changed while nobody watched", async () => {
    const versions = async (text: string | null) => (await world(text)).recorded.map(({ fields }) => fields["version"]);
    expect(await versions("no mail")).toEqual(["v:no mail"]);
    expect(await versions(null)).toEqual(["none"]);
    expect(await versions("")).toEqual(["failed"]);
    expect(await versions("nonsense")).toEqual(["failed"]);
  });

  it("holds although it cannot be recorded, and that is said", async () => {
    const { forbidden, logged } = await world("no mail", true);
    expect(forbidden()).toEqual(["no mail"]);
    expect(logged).toEqual(["the policy in force cannot be recorded"]);
  });

  it("comes into force when the file is put right", async () => {
    const house = await world("nonsense");
    await house.edit("no mail");
    expect(house.forbidden()).toEqual(["no mail"]);
    expect(house.policy.fault()).toBeNull();
  });
});

describe("a change by hand", () => {
  it("applies when it is valid, also where there was none", async () => {
    const house = await world(null);
    await house.edit("no mail");
    expect(house.forbidden()).toEqual(["no mail"]);
    await house.edit("no web");
    expect(house.forbidden()).toEqual(["no web"]);
  });

  it.each([
    ["empties the file", "", /empty/],
    ["blanks the file", " \n\uFEFF", /empty/],
    ["takes the file away", null, /gone/],
  ])("that %s lifts nothing, and says so until it is put back or removed", async (_how, next, says) => {
    const house = await world("no mail");
    await house.edit(next);
    expect(house.forbidden()).toEqual(["no mail"]);
    expect(house.policy.fault()).toMatch(says);
    expect(house.logged.at(-1)).toMatch(/the one in force stays/);
    expect(await house.policy.show()).toMatchObject({
      ok: true,
      value: { text: next ?? "", version: "v:no mail", problems: [{ problem: saying(says) }] },
    });
    await house.edit("no mail");
    expect(house.policy.fault()).toBeNull();
    expect(house.recorded).toHaveLength(1);

    await house.edit(next);
    expect(await house.policy.set("", recorded)).toMatchObject({ ok: true, value: { text: "", problems: [] } });
    await house.policy.reload();
    expect(house.forbidden()).toEqual([]);
    expect(house.policy.fault()).toBeNull();
  });

  it("that empties the file where there was no policy says so too, and forbids nothing meanwhile", async () => {
    const house = await world(null);
    await house.edit("");
    expect(house.policy.fault()).toMatch(/empty/);
    expect(house.forbidden()).toEqual([]);
    await house.edit(null);
    expect(house.policy.fault()).toBeNull();
  });

  it("that takes a policy away which was not valid leaves everything forbidden, until it is removed", async () => {
    const house = await world("nonsense");
    await house.edit(null);
    expect(house.forbidden()).toEqual([POLICY_FAILED]);
    expect(house.policy.fault()).toMatch(/gone/);
    await house.policy.set("", recorded);
    expect(house.forbidden()).toEqual([]);
  });

  it("that is not valid keeps the one before, and says so", async () => {
    const house = await world("no mail");
    await house.edit("nonsense");
    expect(house.forbidden()).toEqual(["no mail"]);
    expect(house.policy.fault()).toMatch(/line 3/);
    expect(house.logged.at(-1)).toMatch(/the one in force stays/);
    expect(await house.policy.show()).toMatchObject({
      ok: true,
      value: { text: "nonsense", version: "v:no mail", problems: [{ line: 3 }] },
    });
  });

  it("is recorded with its version before it is in force", async () => {
    const house = await world("no mail");
    await house.edit("no web");
    await house.edit("nonsense");
    await house.edit("no web");
    await house.edit("");
    await house.edit("no fax");
    expect(house.recorded).toEqual(
      ["v:no mail", "v:no web", "v:no fax"].map((version) => ({
        event: "policy:applied",
        actor: "system",
        fields: { version },
      })),
    );
  });

  it("that cannot be recorded is not in force, and says so, until it can", async () => {
    const house = await world("no mail");
    house.failRecords(true);
    await house.edit("no web");
    expect(house.forbidden()).toEqual(["no mail"]);
    expect(house.policy.fault()).toMatch(/audit/);
    expect(house.logged.at(-1)).toMatch(/the one in force stays/);
    house.failRecords(false);
    await house.edit("no web");
    expect(house.forbidden()).toEqual(["no web"]);
    expect(house.policy.fault()).toBeNull();
    expect(house.recorded.at(-1)).toMatchObject({ event: "policy:applied", fields: { version: "v:no web" } });
  });

  it("that cannot be watched is said", async () => {
    const house = await world("no mail");
    house.unwatch();
    expect(house.logged).toContain("the policy's file is not watched");
  });
});

describe("setting a policy", () => {
  it("checks, records, writes and applies, in this order", async () => {
    const house = await world("no mail");
    const order: string[] = [];
    const set = await house.policy.set("no web", async (version) => {
      order.push(version, house.lies() ?? "", house.policy.overlay().version);
      return done;
    });
    expect(order).toEqual(["v:no web", "no mail", "v:no mail"]);
    expect(set).toMatchObject({ ok: true, value: { text: "no web", version: "v:no web", problems: [] } });
    expect(house.forbidden()).toEqual(["no web"]);
  });

  it.each([
    ["is not valid", "nonsense", recorded, "POLICY_INVALID"],
    ["cannot be recorded", "no web", async () => err(moltbotError("AUDIT_UNWRITABLE")), "AUDIT_UNWRITABLE"],
  ] as const)("changes nothing when it %s", async (_name, text, record, code) => {
    const house = await world("no mail");
    expect(await house.policy.set(text, record)).toMatchObject({ ok: false, error: { code } });
    expect(house.lies()).toBe("no mail");
    expect(house.forbidden()).toEqual(["no mail"]);
  });

  it("changes nothing when it cannot be written", async () => {
    const house = await world("no mail");
    house.failWrites();
    expect(await house.policy.set("no web", recorded)).toMatchObject({
      ok: false,
      error: { code: "HOME_NOT_WRITABLE" },
    });
    expect(house.forbidden()).toEqual(["no mail"]);
  });

  it("goes one after the other, so that file and force agree", async () => {
    const house = await world(null);
    await Promise.all(["no a", "no b", "no c"].map((text) => house.policy.set(text, recorded)));
    expect(house.forbidden()).toEqual([house.lies()]);
  });
});
