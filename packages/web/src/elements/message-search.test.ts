import { ConversationId, MessageId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, settle, stubForms } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { MessageSearch } from "./message-search.ts";
import type { Hit } from "./message-search.ts";

const HIT: Hit = {
  messageId: MessageId.parse("00000000-0000-7000-8000-000000000700"),
  conversationId: ConversationId.parse("00000000-0000-7000-8000-000000000701"),
  title: "Ja\u200Bm",
  role: "user",
  at: instantOf(0),
  snippet: "buy plums and sugar",
  matches: [[4, 9]],
};

class Input {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}
beforeEach(() => {
  stubForms();
  vi.stubGlobal("HTMLInputElement", Input);
});
afterEach(() => vi.unstubAllGlobals());

const shown = (search: MessageSearch) => readTemplate((search as unknown as { render(): unknown }).render()); // protected, and what a person sees
const asking = (answer: unknown) => {
  const asked: unknown[] = [];
  const search = new MessageSearch();
  search.call = ((name: string, input: unknown) => {
    asked.push([name, input]);
    return Promise.resolve(answer);
  }) as never; // one operation of the client
  const ask = async (query: string): Promise<void> => {
    shown(search).fire("submit", "", { preventDefault: () => undefined, target: new FakeForm({ query }) });
    await settle();
  };
  return { search, asked, ask };
};

describe("the search over messages", () => {
  it("lists what was found with the words marked, and leads to the message", async () => {
    const { search, asked, ask } = asking(ok({ hits: [HIT], abilities: { phrase: true, prefix: true } }));
    const opened: Hit[] = [];
    search.open = (hit) => opened.push(hit);
    await ask(" plums ");
    expect(asked).toEqual([["search.messages", { query: "plums", limit: 20 }]]);
    const view = shown(search);
    expect(view.words).toContain("1 message");
    expect(view.words).toContain("U+200B");
    expect(view.markup.replaceAll(/\s+/g, " ")).toContain("<mark>plums</mark>");
    view.fire("click", "sugar");
    expect(opened).toEqual([HIT]);
  });

  it("says when there is nothing, and what the gateway says otherwise", async () => {
    const none = asking(ok({ hits: [], abilities: { phrase: true, prefix: true } }));
    await none.ask("xylophone");
    expect(shown(none.search).words).toContain("No message has all these words.");
    const refused = asking(err(moltbotError("SEARCH_UNSUPPORTED", { what: "beginnings of words" })));
    await refused.ask("xylo*");
    expect(shown(refused.search).words).toContain("Search for whole words.");
  });

  it("asks nothing for nothing, and forgets the list once the field is empty", async () => {
    const { search, asked, ask } = asking(ok({ hits: [HIT], abilities: { phrase: true, prefix: true } }));
    await ask("  ");
    expect(asked).toEqual([]);
    await ask("plums");
    shown(search).fire("input", "", { target: new Input("plum") });
    expect(shown(search).words).toContain("1 message");
    shown(search).fire("input", "", { target: new Input("") });
    expect(shown(search).words).not.toContain("1 message");
  });

  it("shows nothing any more of a conversation that was erased meanwhile", async () => {
    const { search, ask } = asking(ok({ hits: [HIT], abilities: { phrase: true, prefix: true } }));
    await ask("plums");
    expect(shown(search).words).toContain("plums");
    search.erased = { [HIT.conversationId]: true };
    expect(shown(search).words).not.toContain("plums");
    expect(shown(search).words).toContain("No message has all these words.");
  });
});
