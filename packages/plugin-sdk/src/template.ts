/** One file of a new plugin: its path in the folder and what stands in it. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const titleOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const manifest = (name: string): string =>
  json({
    manifest: 1,
    name,
    version: "0.1.0",
    title: titleOf(name),
    description: "Greets somebody by name. Write here what your plugin does.",
    tools: [
      {
        name: "greet",
        title: "Greeting",
        description: "Greets somebody by name.",
        input: {
          type: "object",
          properties: {
            who: { type: "string", description: "Whom to greet.", maxLength: 80 },
          },
          required: ["who"],
        },
        roles: { who: "content" },
      },
    ],
    permissions: [],
    sees: ["The name that it is asked to greet."],
  });

const main = `// @ts-check
import { definePlugin } from "@moltbot/plugin-sdk";

/**
 * @param {{ who: string }} args as plugin.json describes them; the house has checked them
 * @param {import("@moltbot/plugin-sdk").Host} host
 */
const greet = ({ who }, host) => {
  host.log("somebody is greeted");
  return { greeting: \`Good day, \${who}.\` };
};

export default definePlugin({ tools: { greet } });
`;

const cases = json({
  cases: [
    {
      name: "greets by name",
      tool: "greet",
      arguments: { who: "Ada" },
      expect: { result: { greeting: "Good day, Ada." }, asked: 0 },
    },
    {
      name: "is not called without a name",
      tool: "greet",
      arguments: {},
      expect: { code: "TOOL_ARGUMENTS_INVALID" },
    },
  ],
});

const readme = (name: string): string => `# ${titleOf(name)}

A plugin for Moltbot. It runs in a process of its own, behind a wall, and reaches nothing that \`plugin.json\` does not name.

| file | what it is |
| --- | --- |
| \`plugin.json\` | what the plugin is: its tools, what it may reach and why, its limits |
| \`main.js\` | the one module that runs; it imports \`@moltbot/plugin-sdk\` and nothing else |
| \`plugin.test.json\` | its cases: what a tool is called with, what the web answers, what must come of it |

    ./moltbot start                              the first two and the last need it, with its vault open
    ./moltbot plugin test ${name}                run the cases; nothing is dialled
    ./moltbot plugin dev ${name}                 the same at each save
    ./moltbot plugin pack ${name} --sign         a file for others
    ./moltbot plugin install ${name} --trust me  pack it, sign it with your key, look at it, agree

## To reach more

Name it in \`permissions\` of \`plugin.json\`, each with a \`why\` that whoever installs it reads:

\`\`\`json
{ "kind": "http", "hosts": ["api.example.org:443"], "methods": ["GET"], "why": "To look things up." }
\`\`\`

Then \`await host.http.fetch({ url: "https://api.example.org/" })\` works in a tool, and the same request in a case is answered
from its \`answers\`. There are \`http\`, \`storage\`, \`secret\`, \`events\` and \`tools\`. An update that asks for more waits until the owner
agreed: ask for little.
`;

/** The files of a new plugin, which works and whose cases pass; `name` is a plugin's name. */
export const templateFiles = (name: string): readonly TemplateFile[] => [
  { path: "plugin.json", text: manifest(name) },
  { path: "main.js", text: main },
  { path: "plugin.test.json", text: cases },
  { path: "README.md", text: readme(name) },
];
