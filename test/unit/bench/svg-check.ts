/** Throws unless each element is closed in order, and the chart says what it is to those who do not see it. */
export function checkMarkup(svg: string): void {
  const open: string[] = [];
  for (const [, end, name = '', empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)(?:\s[a-zA-Z-]+="[^"<]*")*(\/?)>/g)) {
    if (end === '/') {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last}>`);
    } else if (empty !== '/') open.push(name);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  if (svg.replace(/<[^<>]*>/g, '').includes('<')) throw new Error('a < that begins no element');
  if (/&(?!amp;|lt;|gt;|quot;)/.test(svg)) throw new Error('a & that is no entity');
  if (/NaN|undefined|Infinity/.test(svg)) throw new Error('a value that is none');
  for (const part of ['<title id="title">', '<desc id="desc">', 'prefers-color-scheme: dark']) {
    if (!svg.includes(part)) throw new Error(`no ${part}`);
  }
}

/** That attribute of every element of a class, in order. */
export function attributesOf(svg: string, style: string, attribute: string): string[] {
  const elements = svg.match(/<[a-z]+ [^>]*>/g) ?? [];
  return elements
    .filter((element) => element.includes(`class="${style}"`))
    .map((element) => new RegExp(` ${attribute}="([^"]*)"`).exec(element)?.[1] ?? '');
}
