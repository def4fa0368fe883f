import { describe, expect, it } from "vitest";
import { done } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { createWorkspaceCopy } from "../copy/create-workspace-copy.ts";
import { oneCallAtATime } from "./one-call-at-a-time.ts";

describe("calls on one copy", () => {
  it("wait for each other, also after one that failed; those on others do not", async () => {
    const order: string[] = [];
    const slow = (name: string) => async (): Promise<never> => {
      order.push(`${name} begins`);
      await new Promise((resolve) => void setTimeout(resolve, 5));
      order.push(`${name} ends`);
      throw new Error(name);
    };
    const copy = oneCallAtATime({
      ...createWorkspaceCopy({ hash: String, isRoot: false }),
      refresh: slow("refresh"),
      settle: slow("settle"),
      content: slow("content"),
    });
    const place = { workspace: "/w", copy: "/c" };
    const settled = await Promise.allSettled([
      copy.refresh(place, new AbortController().signal),
      copy.settle(place, []),
      copy.content({ ...place, copy: "/other" }, "a"),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(order.indexOf("refresh ends")).toBeLessThan(order.indexOf("settle begins"));
    expect(order.indexOf("content begins")).toBeLessThan(order.indexOf("refresh ends"));
  });

  it("do not keep a turn waiting that was stopped, and let the next one through", async () => {
    const going = Promise.withResolvers<Result<void>>();
    const copy = oneCallAtATime({
      ...createWorkspaceCopy({ hash: String, isRoot: false }),
      settle: (_place, paths) => (paths.length === 0 ? going.promise : Promise.resolve(done)),
      refresh: () => Promise.reject(new Error("it was stopped before")),
    });
    const place = { workspace: "/w", copy: "/c" };
    const [first, stop] = [copy.settle(place, []), new AbortController()];
    const stopped = copy.refresh(place, stop.signal);
    stop.abort();
    expect(await stopped).toMatchObject({ ok: false, error: { code: "TURN_STOPPED" } });
    const next = copy.settle(place, ["a"]);
    going.resolve(done);
    expect([await first, await next]).toEqual([done, done]);
  });
});
