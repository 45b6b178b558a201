/** Writes a page of the made-up day: `node out/made_up_page.mjs FILE [WINDOWS]`. For looking at it without data of a lake. */

import { readFileSync, writeFileSync } from "node:fs";
import { madeUp } from "./made_up.ts";

const [file, windows] = process.argv.slice(2);
const { header, blobs } = madeUp(windows ? { windows: Number(windows) } : {});
const bundle = (name: string): string => readFileSync(`../gex_assets/pages/web/${name}`, "utf8");
const scripts = Object.entries(blobs).map(([name, text]) => `<script type="application/octet-stream" id="gex-blob-${name}">${text}</script>`);
writeFileSync(
    file,
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>made up</title>
<style>body{margin:0}${bundle("heatmap.css")}</style><div id="gex-picture"></div>
<script type="application/json" id="gex-day">${JSON.stringify(header).replaceAll("<", "\\u003c")}</script>
${scripts.join("\n")}
<script>${bundle("heatmap.js").replaceAll("</script", "<\\/script")}</script></html>`,
);
