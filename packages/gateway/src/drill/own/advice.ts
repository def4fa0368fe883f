import type { Capability } from "@moltbot/contracts";

/** Words that a shell takes as one. */
const quoted = (text: string): string => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const NARROWER: Readonly<Record<string, string>> = {
  "web.fetch": "--limit equals:url=https://example.org/page",
  "http.get": "--limit equals:url=https://api.example.org/v1/notes --limit equals:method=GET",
  "http.request": "--limit equals:url=https://api.example.org/v1/notes --limit method-in:method=POST",
  "file.append": "--limit path-within:path=notes",
  "reminder.create": "--limit at-most:minutes=60 --limit equals:text=stretch",
  "contact.add": "--limit equals:address=ada@example.org",
};

/** The same limits as they stand, for a grant that only let too much out. */
const sameLimits = ({ constraints }: Capability): string =>
  constraints.map((one) => ` --constraint ${quoted(JSON.stringify(one))}`).join("");

/** The commands that take a grant back and, where one helps, give a narrower one. */
export const commandFor = (capability: Capability, agent: string, tool: string): readonly string[] => {
  const narrower = NARROWER[tool];
  const again = `./moltbot capabilities grant ${quoted(agent)} ${tool} --for 30 --reason WHY`;
  const released = (capability.release ?? []).length > 0;
  return [
    `./moltbot capabilities revoke ${capability.id}`,
    ...(released ? [`${again}${sameLimits(capability)}`] : narrower === undefined ? [] : [`${again} ${narrower}`]),
  ];
};
