import { svg, html } from "lit";
import type { TemplateResult } from "lit";

const PATHS = {
  menu: svg`<path d="M4 7h16M4 12h16M4 17h10" />`,
  plus: svg`<path d="M12 5v14M5 12h14" />`,
  close: svg`<path d="m6 6 12 12M18 6 6 18" />`,
  send: svg`<path d="M12 19V5m-6 6 6-6 6 6" />`,
  stop: svg`<rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor" stroke="none" />`,
  halt: svg`<path d="M8.500 4h7L20 8.500v7L15.500 20h-7L4 15.500v-7zM9.500 9.500h5v5h-5z" />`,
  key: svg`<circle cx="8" cy="15.500" r="3.500" /><path d="m10.500 13 8-8m-3 3 2.500 2.500" />`,
  lock: svg`<rect x="5.500" y="10.500" width="13" height="9" rx="2" /><path d="M8.500 10.500V8a3.500 3.500 0 0 1 7 0v2.500" />`,
  clip: svg`<path d="m18.500 11.500-6.700 6.700a4 4 0 0 1-5.700-5.700l7.200-7.200a2.700 2.700 0 0 1 3.800 3.800l-7.100 7.100a1.300 1.300 0 0 1-1.900-1.900l6.200-6.200" />`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5" />`,
  shield: svg`<path d="M12 3.5 5 6v5.5c0 4.2 2.8 7.4 7 9 4.2-1.6 7-4.8 7-9V6z" />`,
  undo: svg`<path d="M8.5 5 4.5 9l4 4M5 9h9a5 5 0 0 1 0 10h-3" />`,
  out: svg`<path d="M14 5h5v5m0-5-8 8M10 5H6.5A1.5 1.5 0 0 0 5 6.5v11A1.5 1.5 0 0 0 6.5 19h11a1.5 1.5 0 0 0 1.5-1.5V14" />`,
  home: svg`<path d="M4.5 11 12 4.5l7.5 6.500V19a.5.5 0 0 1-.5.5H5a.5.5 0 0 1-.5-.5z" />`,
  bell: svg`<path d="M6.500 16.500V11a5.500 5.500 0 0 1 11 0v5.500l1.500 1.500H5zM10 20.500h4" />`,
  note: svg`<circle cx="12" cy="12" r="8" /><path d="M12 8v4.500M12 15.700v.1" />`,
  flask: svg`<path d="M9.500 4h5M10.500 4v5.500L5.500 18a1.300 1.300 0 0 0 1.100 2h10.800a1.300 1.300 0 0 0 1.100-2l-5-8.500V4M8 14.500h8" />`,
  panel: svg`<path d="M4 8h9m4 0h3M4 16h3m4 0h9" /><circle cx="15" cy="8" r="2" /><circle cx="9" cy="16" r="2" />`,
  list: svg`<path d="M9.500 6.500H20M9.500 12H20M9.500 17.500H20M4.500 6.500h.5M4.500 12h.5M4.500 17.500h.5" />`,
  alert: svg`<path d="M12 4.500 3.500 19h17zM12 10v4M12 16.500v.1" />`,
  lines: svg`<path d="M5 6.500h14M5 11h14M5 15.500h8" />`,
  gauge: svg`<path d="M4.500 17.500a8.500 8.500 0 1 1 15 0M12 15l3.500-5" />`,
  clock: svg`<circle cx="12" cy="12" r="8" /><path d="M12 7.500V12l3 2" />`,
  dash: svg`<path d="M7 12h10" />`,
  link: svg`<path d="M4.500 6v5a3 3 0 0 0 3 3H19m-4-4 4 4-4 4" />`,
  people: svg`<circle cx="9" cy="8.500" r="3.500" /><path d="M3 19.500c0-3.300 2.700-5.500 6-5.500s6 2.200 6 5.500M15.500 5.300a3.500 3.500 0 0 1 0 6.400M17.500 14.400c2.100.8 3.500 2.700 3.500 5.100" />`,
  device: svg`<rect x="7" y="3.500" width="10" height="17" rx="2.500" /><path d="M11 17.500h2" />`,
  plug: svg`<path d="M9 4v4.500m6-4.500v4.500M6.500 8.500h11V11a5.500 5.500 0 0 1-11 0zM12 16.500V20.500" />`,
  down: svg`<path d="M12 5v14m-6-6 6 6 6-6" />`,
  chevron: svg`<path d="m9 6 6 6-6 6" />`,
  copy: svg`<rect x="8.500" y="8.500" width="11" height="11" rx="2" /><path d="M15.500 5.500v-.1a1.400 1.400 0 0 0-1.400-1.400H6a2 2 0 0 0-2 2v8.100a1.400 1.400 0 0 0 1.400 1.400h.1" />`,
} as const;
export type IconName = keyof typeof PATHS;

/** A small drawing beside words; screen readers skip it. */
export const icon = (name: IconName): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${PATHS[name]}</svg>`;

/** The mark of the house. */
export const mark = (): TemplateResult =>
  html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="mark-ground" width="32" height="32" rx="8" />
    <path class="mark-line" d="M8 22.5v-7.7a4 4 0 0 1 8 0v7.7m0-7.7a4 4 0 0 1 8 0v7.7" />
  </svg>`;
