import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { PolicyReader, Result } from "@moltbot/contracts";
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

const world = async (first: string | null) => {
  let text: Result<string> =
    first === null ? err(moltbotError("CONFIG_UNREADABLE", { file: "policy.cedar", problem: "EACCES" })) : ok(first);
  let changed: Parameters<PolicyFile["watch"]>[0] = () => undefined;
  let writes = true;
  const logged: string[] = [];
  const file: PolicyFile = {
    read: () => text,
    write: async (next) => {
      if (!writes) return err(moltbotError("HOME_NOT_WRITABLE", { home: "h", problem: "ENOSPC" }));
      text = ok(next);
      return done;
    },
    watch: (report) => {
      changed = report;
      return () => undefined;
    },
  };
  const say = (line: string): void => void logged.push(line);
  const log = { debug: say, info: say, warn: say, error: say };
  const policy = await openPolicy({ reader, file, log });
  policy.watch();
  return {
    policy,
    logged,
    /** As somebody with an editor would. */
    edit: async (next: string) => {
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

describe("the policy in force at the start", () => {
  it("is the file's, or none", async () => {
    expect((await world("")).policy.overlay().version).toBe("none");
    const { policy, forbidden } = await world("no mail");
    expect(forbidden()).toEqual(["no mail"]);
    expect(policy.fault()).toBeNull();
  });

  it.each(["nonsense", null])("forbids everything when the file is not valid or cannot be read (%s)", async (text) => {
    const { policy, forbidden, logged } = await world(text);
    expect(forbidden()).toEqual([POLICY_FAILED]);
    expect(policy.overlay().version).toBe("failed");
    expect(policy.fault()).not.toBeNull();
    expect(logged).toEqual([expect.stringMatching(/everything is forbidden/)]);
  });

  it("unplug: a file that is not valid, taken for none, would forbid nothing", async () => {
    expect((await world("nonsense")).forbidden()).toEqual([POLICY_FAILED]);
    expect((await world("")).forbidden()).toEqual([]);
  });

  it("comes into force when the file is put right", async () => {
    const house = await world("nonsense");
    await house.edit("no mail");
    expect(house.forbidden()).toEqual(["no mail"]);
    expect(house.policy.fault()).toBeNull();
  });
});

describe("a change by hand", () => {
  it("applies when it is valid, also when it removes the policy", async () => {
    const house = await world("no mail");
    await house.edit("no web");
    expect(house.forbidden()).toEqual(["no web"]);
    await house.edit("");
    expect(house.policy.overlay().version).toBe("none");
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
    const house = await world("");
    await Promise.all(["no a", "no b", "no c"].map((text) => house.policy.set(text, recorded)));
    expect(house.forbidden()).toEqual([house.lies()]);
  });
});
