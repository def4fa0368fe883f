import { describe, expect, it } from "vitest";
import { readTemplate } from "../testing/read-template.ts";
import { MessageComposer } from "./message-composer.ts";

const compose = (draft: string, taken = true) => {
  const composer = new MessageComposer();
  const sent: string[] = [];
  const happened: string[] = [];
  composer.draft = draft;
  composer.submit = (text) => {
    sent.push(text);
    return Promise.resolve(taken);
  };
  composer.stop = () => happened.push("stopped");
  const read = () => readTemplate((composer as unknown as { render(): unknown }).render()); // what Lit calls
  const press = (key: string, more: Partial<KeyboardEvent> = {}): void => {
    const event = { key, shiftKey: false, isComposing: false, preventDefault: () => happened.push("kept"), ...more };
    // The text box is the one listener for keys.
    const listener = (composer as unknown as { render(): { values: readonly unknown[] } })
      .render()
      .values.filter((value) => typeof value === "function")[2];
    (listener as (event: unknown) => void)(event);
  };
  return { composer, sent, happened, read, press };
};
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("the composer", () => {
  it("sends with Enter, trimmed, and is empty afterwards", async () => {
    const { composer, sent, press } = compose("  hello \n");
    press("Enter");
    await settle();
    expect(sent).toEqual(["hello"]);
    expect(composer.draft).toBe("");
  });

  it("starts a new line with Shift+Enter and leaves an input method alone", async () => {
    const { sent, happened, press } = compose("hello");
    press("Enter", { shiftKey: true });
    press("Enter", { isComposing: true });
    press("a");
    await settle();
    expect({ sent, happened }).toEqual({ sent: [], happened: [] });
  });

  it("sends nothing when there is nothing, or while it may not", async () => {
    const empty = compose(" \n ");
    empty.press("Enter");
    const busy = compose("hello");
    busy.composer.disabled = true;
    busy.press("Enter");
    await settle();
    expect([...empty.sent, ...busy.sent]).toEqual([]);
    expect(busy.composer.draft).toBe("hello");
  });

  it("gives the text back when it was not taken, before what was written meanwhile", async () => {
    const { composer, press } = compose("hello", false);
    press("Enter");
    composer.draft = "and more";
    await settle();
    expect(composer.draft).toBe("hello\nand more");
  });

  it("offers to stop while a turn runs, and Escape stops it", () => {
    const { composer, happened, read, press } = compose("");
    composer.running = true;
    read().fire("click", "Stop the reply");
    press("Escape");
    expect(happened).toEqual(["stopped", "stopped"]);
    composer.draft = "more";
    expect(read().markup).toContain('aria-label="Send"');
  });
});
