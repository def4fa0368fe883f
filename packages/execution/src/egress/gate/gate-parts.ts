import type { Allowance } from "../allowance/allowance.ts";
import type { ConnectionBook } from "../connections/connection-book.ts";
import { THE_HOUSE } from "../connections/recorded-exchange.ts";
import type { GateParts, ToolAuthority } from "./gate.ts";

type Ways = Pick<GateParts, "lookup" | "check" | "dial">;

/** A call's gate by the records and limits of the way out: what passes counts for the person, like what tools send. */
export const gateParts = (
  ways: Ways,
  { tool = null, behalf = null }: { readonly tool?: string | null; readonly behalf?: ToolAuthority["behalf"] | null },
  { book, allowance }: { readonly book: ConnectionBook; readonly allowance: Allowance },
): GateParts => {
  const person = behalf?.person ?? THE_HOUSE;
  return {
    ...ways,
    mayPass: async (place) => {
      const recorded = await book.ready();
      return recorded.ok ? allowance.connect(person, place) : recorded;
    },
    mayCarry: (bytes) => allowance.carry(person, bytes),
    passed: ({ error, ...passed }) =>
      book.ended({
        way: "gate",
        tool,
        behalf,
        methodClass: "tunnel",
        secret: null,
        code: error?.code ?? null,
        ...passed,
      }),
  };
};
