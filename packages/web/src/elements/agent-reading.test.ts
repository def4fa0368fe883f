import { describe, expect, it } from "vitest";
import type { Problem } from "../state/state.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AgentReading } from "./agent-reading.ts";

const open = (problem: Problem | null) => {
  const element = new AgentReading();
  const chosen: string[] = [];
  element.mayChange = true;
  element.choose = (reading) => {
    chosen.push(reading);
    return Promise.resolve(problem);
  };
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  return { element, chosen, read };
};
const checked = (markup: string): readonly string[] =>
  [...markup.matchAll(/value=(\w+)\s+\.checked=true/g)].flatMap(([, value]) => value ?? []);
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("how the agent reads", () => {
  it("is said in plain words and chosen", async () => {
    const { chosen, read } = open(null);
    expect(read().words).toMatch(/With care where it matters.*Always kept apart.*Always openly/);
    expect(checked(read().markup)).toEqual(["auto"]);
    read().fire("change", "value=quarantined");
    await settle();
    expect(chosen).toEqual(["quarantined"]);
    expect(checked(read().markup)).toEqual(["quarantined"]);
  });

  it("stays as it is when the choice was refused, and says why", async () => {
    const { read } = open({ code: "STEP_UP_REQUIRED", message: "Not from here.", next: "At the machine." });
    read().fire("change", "value=open");
    await settle();
    expect(checked(read().markup)).toEqual(["auto"]);
    expect(read().words).toContain("Not from here. At the machine.");
  });

  it("follows what holds", () => {
    const { element, read } = open(null);
    element.reading = "open";
    (element as unknown as { willUpdate(changed: Map<string, unknown>): void }).willUpdate(
      new Map([["reading", "auto"]]),
    ); // what Lit calls
    expect(checked(read().markup)).toEqual(["open"]);
  });
});
