// Builds dist/tokens.css and dist/tokens.ts from the DTCG 2025.10 token files in tokens/. Both themes are built from the
// same names; a name that only one of them has fails the build.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import StyleDictionary from "style-dictionary";

const here = import.meta.dirname;
const PREFIX = "mb";

const channel = (value) => Math.round(value * 255);
const cssColor = ({ components: [red = 0, green = 0, blue = 0], alpha = 1, hex }) =>
  alpha === 1 ? hex : `rgb(${channel(red)} ${channel(green)} ${channel(blue)} / ${alpha})`;
const cssSize = ({ value, unit }) => (value === 0 ? "0" : `${value}${unit}`);
const cssShadow = ({ color, offsetX, offsetY, blur, spread }) =>
  `${[offsetX, offsetY, blur, spread].map(cssSize).join(" ")} ${cssColor(color)}`;
const cssFamily = (name) => (/^[\w-]+$/.test(name) ? name : `"${name}"`);

/** The CSS text of a token's value, by its DTCG type. */
function cssValue(type, value) {
  switch (type) {
    case "color":
      return cssColor(value);
    case "dimension":
    case "duration":
      return cssSize(value);
    case "shadow":
      return [value].flat().map(cssShadow).join(", ");
    case "fontFamily":
      return [value].flat().map(cssFamily).join(", ");
    case "cubicBezier":
      return `cubic-bezier(${value.join(", ")})`;
    case "fontWeight":
    case "number":
      return String(value);
    default:
      throw new Error(`design: no CSS for tokens of type ${type}`);
  }
}

StyleDictionary.registerTransform({
  name: "moltbot/css",
  type: "value",
  transform: (token) => cssValue(token.$type, token.$value),
});

/** Name → { css, value, type } of every token in these files. */
async function read(...files) {
  const dictionary = new StyleDictionary({
    source: files.map((file) => join(here, "tokens", file).replaceAll("\\", "/")),
    usesDtcg: true,
    log: { verbosity: "silent", warnings: "error" },
    platforms: { css: { prefix: PREFIX, transforms: ["name/kebab", "moltbot/css"] } },
  });
  const { allTokens } = await dictionary.getPlatformTokens("css");
  if (allTokens.length === 0) throw new Error(`design: no tokens in ${files.join(", ")}`);
  return new Map(
    allTokens.map((token) => [token.name, { css: token.$value, type: token.$type, path: token.path.join(".") }]),
  );
}

const base = await read("base.json");
const light = await read("theme.light.json");
const dark = await read("theme.dark.json");

const lonely = [...light.keys()]
  .filter((name) => !dark.has(name))
  .concat([...dark.keys()].filter((name) => !light.has(name)));
if (lonely.length > 0) throw new Error(`design: only one theme has ${lonely.join(", ")}`);

const line = ([name, { css }]) => `  --${name}: ${css};`;
// light-dark() takes colours only; other values that differ by theme follow the same switch by rules.
const colours = [...light].filter(([, token]) => token.type === "color");
const others = [...light].filter(([, token]) => token.type !== "color");
const darkOthers = others.map(([name]) => line([name, dark.get(name)])).join("\n");

const css = `/* Made by packages/design/build.mjs. */
:root {
  color-scheme: light dark;
${[...base].map(line).join("\n")}
${colours.map(([name, { css: value }]) => `  --${name}: light-dark(${value}, ${dark.get(name).css});`).join("\n")}
${others.map(line).join("\n")}
}
@media (prefers-color-scheme: dark) {
  :root:not([data-theme="light"]) {
${darkOthers.replaceAll(/^/gm, "  ")}
  }
}
:root[data-theme="light"] {
  color-scheme: light;
}
:root[data-theme="dark"] {
  color-scheme: dark;
${darkOthers}
}
@media (prefers-reduced-motion: reduce) {
  :root {
${[...base]
  .filter(([, token]) => token.type === "duration")
  .map(([name]) => `    --${name}: 0.01ms;`)
  .join("\n")}
  }
}
`;

const record = (tokens) => Object.fromEntries([...tokens.values()].map((token) => [token.path, token.css]));
const ts = `// Made by packages/design/build.mjs.
/** Every token by its path, as CSS text; \`light\` and \`dark\` hold the same names. */
export const tokens = ${JSON.stringify({ base: record(base), light: record(light), dark: record(dark) }, null, 2)} as const;
`;

mkdirSync(join(here, "dist"), { recursive: true });
writeFileSync(join(here, "dist", "tokens.css"), css);
writeFileSync(join(here, "dist", "tokens.ts"), ts);
