import { label, ok, readableBy } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

const MOST = 20;

/**
 * Finds addresses that the turn's person has confirmed: they are that person's own word, whoever asks for them, and theirs to
 * know alone. Where others read along they stay outside.
 */
export const contactFind = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ query }) => `Looks up ${quote(query)} in your contacts.`,
  run: async ({ query }, { call, scope, ports }) => {
    const own = label("authority", [call.authority], [{ kind: "configuration", ref: "contacts" }]);
    if (!readableBy(own.readers, call.label.readers)) {
      return ok({
        text: "Not shown: not everybody in this conversation may know these contacts.",
        summary: "Did not show contacts: not everybody here may know them.",
        label: contextLabel(call),
      });
    }
    const found = await ports.contacts.search(scope, query, MOST);
    if (!found.ok) return found;
    const mine = found.value.filter(({ ownerId }) => ownerId === call.authority).slice(0, MOST);
    return ok({
      text: mine.length === 0 ? "nobody" : mine.map(({ name, address }) => `${name}: ${address}`).join("\n"),
      summary: `Found ${mine.length} ${mine.length === 1 ? "contact" : "contacts"}.`,
      label: own,
    });
  },
});
