import { canonicalAddress, ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Confirms an address under a name; the same again changes nothing. Whoever it names is endorsed from then on, so a person sees both. */
export const contactAdd = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ name, address }) => `Confirms that ${quote(address)} is ${quote(name)}.`,
  run: async ({ name, address }, { call, scope, ports }) => {
    const confirmed = await ports.contacts.confirm(scope, { kind: "person", name, address: canonicalAddress(address) });
    if (!confirmed.ok) return confirmed;
    return ok({
      text: "ok",
      summary: `Confirmed: ${quote(confirmed.value.address)} is ${quote(confirmed.value.name)}.`,
      label: contextLabel(call),
    });
  },
});
