import { PrincipalId, instantOf } from "@moltbot/contracts";
import type { Person } from "@moltbot/contracts";

/** The text of an id that tests tell apart by a number. */
export const idText = (n: number): string => `01930000-0000-7000-8000-${String(n).padStart(12, "0")}`;
export const NOW = instantOf(Date.UTC(2026, 10, 23, 12));

export const person = (n: number, name: string, wish: Partial<Person> = {}): Person => ({
  id: PrincipalId.parse(idText(n)),
  name,
  role: "member",
  ownRole: null,
  state: "active",
  createdAt: NOW,
  ...wish,
});
