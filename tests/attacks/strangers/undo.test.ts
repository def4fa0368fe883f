/** Somebody who uses the same agent, and knows the ids, tries to see and to undo what it changed for another. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Agent, KeptChange, Share } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { followStream } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { given } from "../../support/people.ts";
import { startStrangeHouse } from "./house.ts";
import type { Somebody, StrangeHouse } from "./house.ts";

const WORD = "zqadasown";

describe("what an agent changed for somebody", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let bob: Somebody;
  let agent: string;
  let share: string;
  const fileOf = (person: Somebody | null): string =>
    join(strange.house.place.home, "workspaces", person === null ? agent : `${agent}~${person.id}`, `${WORD}.txt`);
  const changesOf = async ({ browser }: Somebody): Promise<readonly KeptChange[]> =>
    given<readonly KeptChange[]>(await browser("files.changes"));
  const write = async ({ browser }: Somebody, text: string): Promise<void> => {
    const calls = [{ tool: "file.write", arguments: { path: `${WORD}.txt`, text } }];
    await strange.allowAll(browser, await strange.obey(browser, agent, calls));
  };

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    bob = await strange.join("Bob", "member");
    agent = given<Agent>(await ada.browser("agents.create", { name: "Helper" })).id;
    const object = { type: "agent", id: agent };
    share = given<Share>(await ada.browser("shares.set", { object, to: { kind: "everyone" } })).id;
  }, 60_000);
  afterAll(() => strange.close());

  it("is in that person's list alone, and nobody else undoes it, whatever they say", async () => {
    expect(await changesOf(bob)).toEqual([]);
    await write(ada, "hers, first");
    await write(ada, "hers, second");
    const [change] = await changesOf(ada);
    expect(change).toMatchObject({ tool: "file.write", state: "standing", files: [{ before: 11, now: 12 }] });
    expect((await bob.browser("files.changes")).text).not.toContain(WORD);
    expect((await strange.local("files.changes")).text, "nor the owner of the house").not.toContain(WORD);
    for (const anyway of [false, true])
      for (const call of [bob.browser, strange.local])
        expect((await call("files.undo", { callId: change?.callId, anyway })).code).toBe("NOT_FOUND");
    expect(readFileSync(fileOf(null), "utf8")).toBe("hers, second");
  });

  it("is undone in that person's own folder, told to them alone, and can be done again", async () => {
    await write(bob, "his");
    const [stream, hers] = [
      await followStream(strange.port, "/v2/events", { cookie: bob.cookie }),
      await followStream(strange.port, "/v2/events", { cookie: ada.cookie }),
    ];
    const [change] = await changesOf(ada);
    const undone = given<{ undoId: string }>(await ada.browser("files.undo", { callId: change?.callId }));
    expect([readFileSync(fileOf(null), "utf8"), readFileSync(fileOf(bob), "utf8")]).toEqual(["hers, first", "his"]);
    expect(await hers.until("file:undone")).toContain(undone.undoId);
    expect(stream.text()).not.toContain(undone.undoId);
    for (const one of [stream, hers]) one.leave();
    expect((await changesOf(ada)).slice(0, 2).map(({ tool, state, undoes }) => [tool, state, undoes])).toEqual([
      ["undo", "standing", change?.callId],
      ["file.write", "back", null],
    ]);
    expect((await bob.browser("files.undo", { callId: undone.undoId })).code).toBe("NOT_FOUND");
    given(await ada.browser("files.undo", { callId: undone.undoId }));
    expect(readFileSync(fileOf(null), "utf8")).toBe("hers, second");
  });

  it("goes over what its person wrote since only when they say so, and that comes back too", async () => {
    writeFileSync(fileOf(null), "by her own hand");
    const change = (await changesOf(ada)).find(({ tool, undoes }) => tool === "file.write" && undoes === null);
    expect(change?.state).toBe("changed");
    expect((await ada.browser("files.undo", { callId: change?.callId })).code).toBe("CONFLICT");
    const undone = given<{ undoId: string }>(await ada.browser("files.undo", { callId: change?.callId, anyway: true }));
    expect(readFileSync(fileOf(null), "utf8")).toBe("hers, first");
    given(await ada.browser("files.undo", { callId: undone.undoId }));
    expect(readFileSync(fileOf(null), "utf8")).toBe("by her own hand");
  });

  it("is nobody's any more who may not use the agent any more", async () => {
    const [his] = await changesOf(bob);
    expect(his?.state).toBe("standing");
    given(await ada.browser("shares.remove", { shareId: share }));
    expect(await changesOf(bob)).toEqual([]);
    expect((await bob.browser("files.undo", { callId: his?.callId, anyway: true })).code).toBe("NOT_FOUND");
    expect(readFileSync(fileOf(bob), "utf8")).toBe("his");
  });
});
