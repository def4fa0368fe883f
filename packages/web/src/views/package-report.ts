import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { PackageReport } from "@moltbot/contracts";
import { honestText } from "../text/honest-text.ts";
import { effectOfManifest, isPlugin, originText, titleOf } from "../words-of-plugins.ts";
import { sizeText } from "../words-of-keeping.ts";
import { countText } from "../words.ts";
import { icon } from "./icons.ts";
import { authorWords, limitsView, plainLines, pluginTools } from "./plugin-tools.ts";
import { signingKeyView } from "./signing-key.ts";

const ALTERED = "PACKAGE_ALTERED";

type Remark = PackageReport["refusals"][number];

const refusalView = ({ code, says, next }: Remark): TemplateResult =>
  html`<li class="refusal">
    ${icon("alert")}<span><strong>${honestText(says)}</strong> ${honestText(next)} <code>${code}</code></span>
  </li>`;

const warningView = ({ says, next }: Remark): TemplateResult =>
  html`<li class="warning">${icon("note")}<span>${honestText(says)} ${honestText(next)}</span></li>`;

// Threat: whoever changes a signed file leaves its signer's key in it; the name of somebody trusted must not vouch for that.
const signerView = ({ signer, refusals }: PackageReport): TemplateResult => {
  if (signer === null) return html`<span>nobody</span>`;
  const { key, trusted, name } = signer;
  const known = trusted ? honestText(name ?? "") : html`a key that you have not trusted yet`;
  return html`<span
      >${refusals.some(({ code }) => code === ALTERED) ? html`nobody: it names ${known}, who did not sign this` : known}</span
    >${signingKeyView(key)}`;
};

const fileLines = (files: PackageReport["files"]): TemplateResult =>
  html`<ul class="because">
    ${files.map(({ path, bytes }) => html`<li><code>${honestText(path)}</code> ${sizeText(bytes)}</li>`)}
  </ul>`;

/** The files by size, folded. */
export const filesView = (files: PackageReport["files"]): TemplateResult =>
  html`<details class="fold">
    <summary>${icon("chevron")}${countText(files.length, "file")}</summary>
    ${fileLines(files)}
  </details>`;

const skillWords = ({ manifest }: PackageReport): TemplateResult | typeof nothing => {
  if (isPlugin(manifest)) return nothing;
  const { compatibility, tools } = manifest;
  return html`<p>${originText(manifest)}</p>
    ${compatibility === undefined ? nothing : html`<p class="quiet">It says it needs: ${honestText(compatibility)}</p>`}
    ${tools.length === 0 ? nothing : html`<p class="quiet">It names tools, and is given none: ${honestText(tools.join(", "))}</p>`}`;
};

/** What an update changes, what it may do beyond the installed one first. */
const differenceView = ({ difference }: PackageReport): TemplateResult | typeof nothing => {
  if (difference === null) return nothing;
  const { from, to, widens, narrows } = difference;
  return html`${
    widens.length === 0
      ? html`<p>It may do no more than the installed ${from}.</p>`
      : html`<div class="widens">
          <p><strong>${to} may do more than the installed ${from}. This is new:</strong></p>
          ${plainLines(widens)}
        </div>`
  }
  ${
    narrows.length === 0
      ? nothing
      : html`<details class="fold">
          <summary>${icon("chevron")}What it loses</summary>
          ${plainLines(narrows)}
        </details>`
  }`;
};

/** What a package is, before anything of it is installed: what it may touch, whose it is, and what speaks against it. */
export const packageReport = (report: PackageReport): TemplateResult => {
  const { kind, manifest, version, refusals, warnings, touches, digest } = report;
  return html`<p>
      <code>${report.name}</code> ${version}, a
      ${kind}${
        isPlugin(manifest) && manifest.author !== undefined ? html` by ${honestText(manifest.author)}` : nothing
      }.
      ${honestText(manifest.description)}
    </p>
    ${
      refusals.length === 0
        ? nothing
        : html`<ul class="remarks" role="list" aria-label="Why it is refused">
            ${refusals.map(refusalView)}
          </ul>`
    }
    ${
      warnings.length === 0
        ? nothing
        : html`<ul class="remarks" role="list" aria-label="What to look at twice">
            ${warnings.map(warningView)}
          </ul>`
    }
    <h5>What ${honestText(titleOf(manifest))} may touch</h5>
    ${plainLines(touches)} ${skillWords(report)} ${differenceView(report)}
    ${
      isPlugin(manifest)
        ? html`<h5>Its tools</h5>
            ${pluginTools(manifest, effectOfManifest(manifest))} ${authorWords(manifest)}`
        : nothing
    }
    <h5>Signed by</h5>
    <p class="signed-by">${signerView(report)}</p>
    <details class="fold">
      <summary>${icon("chevron")}Advanced</summary>
      ${isPlugin(manifest) ? limitsView(manifest) : nothing}
      <h5>The file</h5>
      <p class="quiet">${sizeText(report.bytes)}, SHA-256 <code>${digest}</code></p>
      ${isPlugin(manifest) ? fileLines(report.files) : nothing}
    </details>
    ${isPlugin(manifest) ? nothing : filesView(report.files)}`;
};
