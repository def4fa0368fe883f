import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { EffectClass, PluginManifest } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { effectText, limitLines, whyLines } from "../words-of-plugins.ts";

type Tool = PluginManifest["tools"][number];
type Argument = Tool["input"]["properties"][string];

/** What models may read of an argument, beside its name. */
const argumentWords = (argument: Argument): readonly string[] => {
  const inner = argument.type === "array" ? argument.items : argument;
  const choices = inner.type === "string" && inner.enum !== undefined ? [`one of: ${inner.enum.join(", ")}`] : [];
  const own = argument.description === undefined ? [] : [argument.description];
  const each = argument.type === "array" && inner.description !== undefined ? [inner.description] : [];
  return [...own, ...each, ...choices];
};

const argumentView = ([name, argument]: readonly [string, Argument]): TemplateResult =>
  html`<li><code>${name}</code> ${argumentWords(argument).map((words) => html`${honestText(words)} `)}</li>`;

/** Every tool with all the words of it that models read. */
export const pluginTools = (manifest: PluginManifest, effect: EffectClass): TemplateResult =>
  manifest.tools.length === 0
    ? html`<p class="quiet">It has none: no agent can call it.</p>`
    : html`<p class="quiet">Each ${effectText(effect)}. These words are its author’s, and agents read them:</p>
        <ul class="plugin-tools" role="list">
          ${manifest.tools.map(
            ({ name, title, description, input }) =>
              html`<li>
                <span><strong>${honestText(title)}</strong> <code class="quiet">${manifest.name}.${name}</code></span>
                <span>${honestText(description)}</span>
                ${
                  Object.keys(input.properties).length === 0
                    ? nothing
                    : html`<ul class="because quiet">
                        ${Object.entries(input.properties).map(argumentView)}
                      </ul>`
                }
              </li>`,
          )}
        </ul>`;

/** Plain lines, a sentence each. */
export const plainLines = (lines: readonly string[]): TemplateResult =>
  html`<ul class="because">
    ${lines.map((line) => html`<li>${honestText(line)}</li>`)}
  </ul>`;

/** What its author says of it: why it needs what it may touch, and what it gets to see. */
export const authorWords = (manifest: PluginManifest): TemplateResult | typeof nothing => {
  const lines = [...whyLines(manifest), ...manifest.sees];
  return lines.length === 0
    ? nothing
    : html`<h5>Why, and what it sees, as its author says</h5>
        ${plainLines(lines)}`;
};

/** What bounds every call. */
export const limitsView = (manifest: PluginManifest): TemplateResult =>
  html`<h5>Its limits</h5>
    ${plainLines(limitLines(manifest))}`;
