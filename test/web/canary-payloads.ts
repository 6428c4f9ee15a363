import { pdfOf } from './view-payloads.ts';

/** The path that scripts, and everything that loads by itself, would request. */
export const canaryPath = '/canary';

const script = `window.canary=(window.canary||0)+1;fetch('${canaryPath}/script')`;
/** For an attribute in double quotes. */
const inAttribute = script.replaceAll('"', '&quot;');
const imported = `import('${canaryPath}/module.js')`;

/** Markup that tries every way to run script in a page without a bug in the browser. */
export const hostileHtml = [
  `<script>${script}</script>`,
  `<script src="${canaryPath}/src.js"></script>`,
  `<script type="module">${imported}</script>`,
  `<img src="${canaryPath}/img" onerror="${inAttribute}">`,
  `<img src=x onerror="${inAttribute}">`,
  `<svg onload="${inAttribute}"><animate onbegin="${inAttribute}" attributeName=x dur=1s /></svg>`,
  `<body onload="${inAttribute}">`,
  `<iframe src="javascript:${inAttribute}"></iframe>`,
  `<iframe srcdoc="<script>parent.${script}</script>"></iframe>`,
  `<object data="${canaryPath}/object"></object><embed src="${canaryPath}/embed">`,
  `<link rel="stylesheet" href="${canaryPath}/style.css"><style>@import url("${canaryPath}/import.css");</style>`,
  `<div style="background: url(${canaryPath}/background)">x</div>`,
  `<base href="${canaryPath}/"><meta http-equiv="refresh" content="0;url=${canaryPath}/refresh">`,
  `<form action="javascript:${inAttribute}"><button autofocus onfocus="${inAttribute}">x</button></form>`,
  `<details open ontoggle="${inAttribute}"><summary>x</summary></details>`,
  `<video src="${canaryPath}/video" onerror="${inAttribute}" poster="${canaryPath}/poster"></video>`,
  `<audio src="${canaryPath}/audio" autoplay onerror="${inAttribute}"></audio>`,
  `<input autofocus onfocus="${inAttribute}"><a href="javascript:${inAttribute}" id="content">x</a>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${inAttribute}"></style></mglyph></table></mtext></math>`,
  `<svg><style><img src=x onerror="${inAttribute}"></style></svg><noscript><p title="</noscript><img src=x onerror='${script.replaceAll("'", '&#39;')}'>"></noscript>`,
  `<template><script>${script}</script></template></textarea></title></pre></script><script>${script}</script>`,
].join('\n');

export const hostileSvg = `<?xml version="1.0"?>
<?xml-stylesheet href="${canaryPath}/sheet.css"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="20" onload="${inAttribute}">
<script>${script}</script><script href="${canaryPath}/svg.js"/>
<foreignObject width="40" height="20"><body xmlns="http://www.w3.org/1999/xhtml"><img src="${canaryPath}/foreign" onerror="${inAttribute}"/><iframe src="javascript:${inAttribute}"/></body></foreignObject>
<a xlink:href="javascript:${inAttribute}"><rect width="40" height="20" fill="teal" onclick="${inAttribute}"/></a>
<image href="${canaryPath}/image"/><use href="${canaryPath}/use#x"/><animate onbegin="${inAttribute}" attributeName="x" dur="1s"/>
<style>@import url("${canaryPath}/svg.css"); rect { fill: url(${canaryPath}/fill) }</style>
</svg>`;

const fence = '```';

export const hostileMarkdown = `# <img src=x onerror="${inAttribute}"> title {onclick=x}

[a](javascript:${encodeURI(script)}) [b](JaVaScRiPt:alert(1)) [c](data:text/html,<script>${encodeURI(script)}</script>)
[d](vbscript:x) [e](&#106;avascript:${encodeURI(script)}) [f](<java
script:x>) <javascript:alert(1)> <https://example.com/"onmouseover="${inAttribute}>
![g](${canaryPath}/picture) ![h](x" onerror="${inAttribute}) ![i](data:image/svg+xml,<svg/onload=alert(1)>)
https://example.com/?"><script>${script}</script>

${hostileHtml}

${fence}mermaid
graph TD; A["<img src=x onerror='${script}'>"] --> B; click A "javascript:${script}"
${fence}

${fence}html
<script>${script}</script>
${fence}

${fence}"><script>${script}</script>
x
${fence}

<math><mi xlink:href="javascript:${inAttribute}">x</mi><maction actiontype="statusline#${canaryPath}/math" href="javascript:${inAttribute}">x</maction></math>

$$\\href{javascript:${script}}{x}$$

| a |
|---|
| <img src=x onerror="${inAttribute}"> |
`;

export const hostileJson = JSON.stringify({
  [hostileHtml]: [hostileHtml, { '</script><script>window.canary=1</script>': 1 }],
  __proto__x: hostileHtml,
  'javascript:window.canary=1': `javascript:${script}`,
}).replace('__proto__x', '__proto__');

export const hostileCsv = `name,"${hostileHtml.replaceAll('"', '""')}"\n=cmd|' /C calc'!A0,"<img src=x onerror=""${script}"">"\n`;

/** Scripts of a PDF: when it is opened, in a link, and in a form. */
export const hostilePdf = pdfOf(
  ['harmless'],
  `/OpenAction << /S /JavaScript /JS (app.alert\\('x'\\); ${script.replace(/[()]/g, '\\$&')}) >>
   /AA << /WC << /S /URI /URI (${canaryPath}/pdf) >> >>
   /Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (${script.replace(/[()]/g, '\\$&')}) >>] >> >>`,
);

/** Only the name of encrypted content can contain a slash. */
export const hostileName = `"'><!--<script>window.canary=1;<img src=x onerror=window.canary=1>{{1}}.html`;
export const hostileSealedName = `</title></script><script>window.canary=1</script>${hostileName}`;

/** Types with which a browser would run the same bytes, if it used them. */
export const hostileTypes = [
  'text/html',
  'text/html;charset=utf-7',
  'text/plain; x="</script><script>window.canary=1</script>"',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'text/javascript',
  'text/markdown',
  'application/pdf',
  'image/png',
  'multipart/x-mixed-replace; boundary=x',
  'application/x-unknown',
];
