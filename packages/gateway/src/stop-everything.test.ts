import { CapabilityId, STARTING_GRANT, err, moltbotError, ok } from "@moltbot/contracts";
import type { Capability, ModelPort } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest, model, until } from "./operations/testing/fake-house.ts";
import { openRealHouse } from "./operations/testing/real-house.ts";
import type { RealWish } from "./operations/testing/real-house.ts";
import { resumeEverything } from "./resume-everything.ts";
import { receive } from "./spine.ts";
import { stopEverything } from "./stop-everything.ts";
import type { HaltPorts } from "./stop-everything.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;

const CATALOG = [manifest("note.write", "write"), manifest("pay.now", "commit")];
const open: RealHouse[] = [];
const start = async (wish: Partial<RealWish> = {}): Promise<RealHouse> => {
  const house = await openRealHouse({ catalog: CATALOG, ...wish });
  open.push(house);
  return house;
};
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

const BY_COMMAND = { surface: "command", reason: "it went wild" } as const;

/** Something that goes on until it is let go or aborted, and counts who is inside. */
const slow = () => {
  let letGo = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let inside = 0;
  let aborted = 0;
  return {
    inside: () => inside,
    aborted: () => aborted,
    letGo: () => letGo(),
    wait: async (signal: AbortSignal): Promise<void> => {
      inside += 1;
      await Promise.race([gone, new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))]);
      if (signal.aborted) aborted += 1;
    },
  };
};

const must = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: { code: string } },
): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const stop = async (house: RealHouse) => must(await stopEverything(house.halt, house.owner, BY_COMMAND));

describe("stopping everything", () => {
  it("ends a turn in the middle of a slow model, holds what is queued, and says what it did", async () => {
    const thinking = slow();
    const house = await start({ model: model(thinking.wait) });
    const running = await Promise.all(Array.from({ length: 4 }, () => house.begin()));
    await until(() => thinking.inside() === 4);
    const held = await house.begin();
    const report = await stop(house);
    expect(report).toMatchObject({
      turnsStopped: 4,
      turnsHeld: 1,
      remindersHeld: 0,
      questionsCancelled: 0,
      capabilitiesEnded: 1,
      stop: { surface: "command", reason: "it went wild", resumedAt: null },
    });
    for (const id of running)
      expect((await house.turn(id)).end).toMatchObject({ state: "stopped", code: "EVERYTHING_STOPPED" });
    expect(await house.turn(held)).toMatchObject({ state: "queued", end: null });
    expect(house.secrets.lends).toBe(false);
    expect(house.heard.map(({ name }) => name)).toContain("system:stopped");
    expect(await house.capabilities()).toMatchObject([{ reason: STARTING_GRANT, epoch: report.stop.epoch - 1 }]);
  });

  it("aborts a running tool, and its turn ends", async () => {
    const working = slow();
    const house = await start({
      model: model(undefined, "note.write"),
      run: async (call, signal) => {
        await working.wait(signal);
        return signal.aborted
          ? err(moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool }))
          : ok({ text: "x", summary: "x", label: call.label });
      },
    });
    const id = await house.begin();
    await until(() => working.inside() === 1);
    await stop(house);
    expect(working.aborted()).toBe(1);
    expect((await house.turn(id)).end).toMatchObject({ state: "stopped" });
  });

  it("ends a turn that waits for an answer, cancels the question, and an answer does nothing any more", async () => {
    const house = await start({ model: model(undefined, "pay.now") });
    const id = await house.begin();
    await until(() => house.heard.some(({ name }) => name === "approval:requested"));
    await until(async () => (await house.turn(id)).state === "waiting");
    const [question] = must(await house.house.store.approvals.list(house.scope, "pending", 10));
    if (question === undefined) throw new Error("it asks");
    expect(await stop(house)).toMatchObject({ turnsStopped: 1, questionsCancelled: 1 });
    expect((await house.turn(id)).end).toMatchObject({ state: "stopped", code: "EVERYTHING_STOPPED" });
    const late = await house.guard.answer(house.owner, question.id, { answer: "allow", scope: "once" }, "local");
    expect(late.ok).toBe(false);
    expect(must(await house.house.store.approvals.find(house.scope, question.id)).state).toBe("cancelled");
  });

  it("twice is once: the second says what holds", async () => {
    const house = await start();
    const first = await stop(house);
    const second = await stop(house);
    expect(second.stop).toEqual(first.stop);
    expect(second).toMatchObject({ turnsStopped: 0, questionsCancelled: 0, capabilitiesEnded: 0 });
  });

  it("is for an owner in person alone, and for anybody else changes nothing", async () => {
    const house = await start();
    for (const by of [
      { ...house.owner, role: "member" as const },
      { ...house.owner, kind: "agent" as const },
    ]) {
      expect(await stopEverything(house.halt, by, BY_COMMAND)).toMatchObject({
        ok: false,
        error: { code: "ROLE_INSUFFICIENT" },
      });
    }
    expect(house.house.halted()).toBe(false);
    expect(house.secrets.lends).toBe(true);
    expect(await house.currentStop()).toBeNull();
    await stop(house);
    const member = { ...house.owner, role: "member" as const };
    expect(await stopEverything(house.halt, member, BY_COMMAND)).toMatchObject({
      ok: false,
      error: { code: "ROLE_INSUFFICIENT" },
    });
    expect(house.heard.filter(({ name }) => name === "system:stopped")).toHaveLength(1);
  });

  it("takes no message in, and stores nothing of it", async () => {
    const house = await start();
    await stop(house);
    const words = { text: "hello", blocks: [], integrity: "authority" } as const;
    const arrival = { agentId: house.agent.id, conversationId: "new", ...words } as const;
    expect(await receive(house.house, house.owner, arrival, null)).toMatchObject({
      ok: false,
      error: { code: "EVERYTHING_STOPPED", context: { since: (await house.currentStop())?.at } },
    });
    expect(must(await house.house.store.conversations.list(house.scope, 10))).toEqual([]);
  });

  it("fires no reminder, and the ones that came due fire late after it", async () => {
    const house = await start();
    await stop(house);
    const due = house.house.clock.now();
    const { reminders } = house.house.store;
    const turn = await house.begin();
    const { conversationId } = await house.turn(turn);
    must(
      await reminders.create(house.scope, {
        id: house.house.ids.next({ parse: (text) => text as Parameters<typeof reminders.find>[1] }), // a test's own id
        ownerId: house.owner.id,
        agentId: house.agent.id,
        conversationId,
        callId: house.house.ids.next({ parse: (text) => text as never }), // never looked up here
        text: "stretch",
        dueAt: due,
        state: "scheduled",
        createdAt: due,
        firedAt: null,
        label: (await house.turn(turn)).label,
      }),
    );
    house.halt.wakeReminders();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(house.heard.map(({ name }) => name)).not.toContain("reminder:fired");
    const report = must(await resumeEverything(house.halt, house.owner, "starting"));
    expect(report).toMatchObject({ remindersReleased: 1, remindersLate: 1, turnsReleased: 1 });
    await until(() => house.heard.some(({ name }) => name === "reminder:fired"));
  });
});

describe("a stop that cannot be written down", () => {
  it("works when the audit log cannot be written", async () => {
    const thinking = slow();
    const fails = { audit: false, database: false };
    const house = await start({ model: model(thinking.wait), fails });
    await house.begin();
    await until(() => thinking.inside() === 1);
    fails.audit = true;
    expect(await stop(house)).toMatchObject({ turnsStopped: 1 });
    expect(thinking.aborted()).toBe(1);
    expect(await house.currentStop()).not.toBeNull();
  });

  it("kills what runs when the database is busy, holds in memory, and is written down as soon as it can be", async () => {
    const thinking = slow();
    const fails = { audit: false, database: false };
    const house = await start({ model: model(thinking.wait), fails });
    await house.begin();
    await until(() => thinking.inside() === 1);
    fails.database = true;
    const unwritten = await stopEverything(house.halt, house.owner, BY_COMMAND);
    expect(unwritten).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    expect(unwritten.ok ? "" : unwritten.error.message).toMatch(/everything is stopped in this process/);
    await until(() => thinking.aborted() === 1);
    expect(house.house.halted()).toBe(true);
    expect(house.secrets.lends).toBe(false);
    expect(await house.currentStop()).toBeNull();
    const held = await house.begin();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(thinking.inside()).toBe(1);
    expect((await house.turn(held)).state).toBe("queued");
    fails.database = false;
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await until(async () => (await house.currentStop()) !== null);
  }, 10_000);

  it("ends what waited for an answer, and is told, when it is written down at last", async () => {
    const fails = { audit: false, database: false };
    const house = await start({ model: model(undefined, "pay.now"), fails });
    const id = await house.begin();
    await until(async () => (await house.turn(id)).state === "waiting");
    fails.database = true;
    expect(await stopEverything(house.halt, house.owner, BY_COMMAND)).toMatchObject({ ok: false });
    expect((await house.turn(id)).state).toBe("waiting");
    expect(house.heard.map(({ name }) => name)).not.toContain("system:stopped");
    fails.database = false;
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await until(() => house.heard.some(({ name }) => name === "system:stopped"));
    expect((await house.turn(id)).end).toMatchObject({ state: "stopped", code: "EVERYTHING_STOPPED" });
    expect(must(await house.house.store.approvals.list(house.scope, "pending", 10))).toEqual([]);
  }, 10_000);

  it("is not written down any more once its owner went on", async () => {
    const fails = { audit: false, database: false };
    const house = await start({ fails });
    fails.database = true;
    await stopEverything(house.halt, house.owner, BY_COMMAND);
    fails.database = false;
    expect(await resumeEverything(house.halt, house.owner, "all")).toMatchObject({ error: { code: "NOT_STOPPED" } });
    expect(house.house.halted()).toBe(false);
    expect(house.secrets.lends).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await house.currentStop()).toBeNull();
  }, 10_000);

  /** Programs in the background, of which one runs. */
  const programs = () => {
    const running = new Set(["serve"]);
    return { running, endAll: async () => running.clear() };
  };

  it("ends every program that goes on in the background, before anything is written down, and none begins again", async () => {
    const fails = { audit: false, database: false };
    const house = await start({ fails });
    fails.database = true;
    const background = programs();
    const halt = { ...house.halt, programs: background };
    const stopping = stopEverything(halt, house.owner, BY_COMMAND);
    expect(background.running.size).toBe(0);
    await stopping;
    fails.database = false;
    await resumeEverything(halt, house.owner, "all");
    expect(background.running.size).toBe(0);
  });

  it("unplug: with programs that are not told, one would go on", async () => {
    const house = await start();
    const background = programs();
    must(
      await stopEverything(
        { ...house.halt, programs: { ...background, endAll: async () => undefined } },
        house.owner,
        BY_COMMAND,
      ),
    );
    expect(background.running.size).toBe(1);
  });

  it("unplug: with workers that are not told, the running call would go on to its end", async () => {
    const thinking = slow();
    const house = await start({ model: model(thinking.wait) });
    const id = await house.begin();
    await until(() => thinking.inside() === 1);
    const deaf = {
      ...house.halt,
      workers: { ...house.halt.workers, stopAll: () => ({ turns: 0, ended: Promise.resolve() }) },
    };
    must(await stopEverything(deaf, house.owner, BY_COMMAND));
    expect(thinking.aborted()).toBe(0);
    thinking.letGo();
    await until(async () => (await house.turn(id)).end !== null);
    expect((await house.turn(id)).end).toMatchObject({ state: "done" });
  });
});

describe("going on", () => {
  const wider = (house: RealHouse, [first]: readonly Capability[]): Capability => {
    if (first === undefined) throw new Error("an agent starts with grants");
    return { ...first, id: house.house.ids.next(CapabilityId), reason: "granted by a person" };
  };

  it.each([
    ["starting", [STARTING_GRANT]],
    ["all", [STARTING_GRANT, "granted by a person"]],
    ["none", []],
  ] as const)("brings back grants as wished (%s), and the queue moves", async (grants, reasons) => {
    const house = await start();
    must(await house.house.store.capabilities.create(house.scope, wider(house, await house.capabilities())));
    await stop(house);
    const held = await house.begin();
    const report = must(await resumeEverything(house.halt, house.owner, grants));
    expect(report.capabilitiesRestored.map(({ reason }) => reason).toSorted()).toEqual([...reasons].toSorted());
    expect(report.capabilitiesRestored.length + report.capabilitiesEnded.length).toBe(2);
    expect(report.turnsReleased).toBe(1);
    expect(house.secrets.lends).toBe(true);
    expect(await house.currentStop()).toBeNull();
    await until(async () => (await house.turn(held)).end !== null);
    expect((await house.turn(held)).end).toMatchObject({ state: "done" });
    expect(house.heard.map(({ name }) => name)).toContain("system:resumed");
  });

  it("when nothing is stopped says so", async () => {
    const house = await start();
    expect(await resumeEverything(house.halt, house.owner, "all")).toMatchObject({
      ok: false,
      error: { code: "NOT_STOPPED" },
    });
  });

  it("does not happen when it cannot be recorded", async () => {
    const fails = { audit: false, database: false };
    const house = await start({ fails });
    await stop(house);
    fails.audit = true;
    expect(await resumeEverything(house.halt, house.owner, "all")).toMatchObject({
      ok: false,
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(house.house.halted()).toBe(true);
    expect(house.secrets.lends).toBe(false);
  });
});

describe("a stop and a resume at the same time", () => {
  it("the later stop wins: it stays stopped, no secret is lent, and whoever went on is told", async () => {
    const house = await start();
    await stop(house);
    const going = resumeEverything(house.halt, house.owner, "all");
    const stopping = stopEverything(house.halt, house.owner, BY_COMMAND);
    expect(await going).toMatchObject({ ok: false, error: { code: "EVERYTHING_STOPPED" } });
    expect(await stopping).toMatchObject({ ok: true });
    expect(house.house.halted()).toBe(true);
    expect(house.secrets.lends).toBe(false);
    expect(await house.currentStop()).not.toBeNull();
  });

  it("leaves no secret lent by whoever went on while the stop was being written down", async () => {
    const house = await start();
    const guard: HaltPorts["guard"] = {
      ...house.guard,
      stop: async (by, wish) => {
        const stopped = await house.guard.stop(by, wish);
        house.halt.secrets.resumeLending();
        return stopped;
      },
    };
    must(await stopEverything({ ...house.halt, guard }, house.owner, BY_COMMAND));
    expect(house.secrets.lends).toBe(false);
  });

  it("lends secrets again when whoever went on came after the stop", async () => {
    const house = await start();
    const guard: HaltPorts["guard"] = {
      ...house.guard,
      stop: async (by, wish) => {
        const stopped = await house.guard.stop(by, wish);
        must(await resumeEverything(house.halt, by, "all"));
        return stopped;
      },
    };
    must(await stopEverything({ ...house.halt, guard }, house.owner, BY_COMMAND));
    expect(house.house.halted()).toBe(false);
    expect(house.secrets.lends).toBe(true);
  });
});

describe("a restart while everything is stopped", () => {
  it("stays stopped: nothing is claimed and no secret is lent until somebody resumes", async () => {
    const first = await openRealHouse({ catalog: CATALOG });
    await stop(first);
    const held = await first.begin();
    await first.close(false);
    const asked: string[] = [];
    const listening: ModelPort = model(async () => void asked.push("asked"));
    const second = await start({ root: first.root, model: listening });
    expect(second.house.halted()).toBe(true);
    expect(second.secrets.lends).toBe(false);
    second.house.wake();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toEqual([]);
    expect((await second.turn(held)).state).toBe("queued");
    must(await resumeEverything(second.halt, second.owner, "starting"));
    await until(async () => (await second.turn(held)).end !== null);
    expect(asked).toEqual(["asked"]);
  });
});
