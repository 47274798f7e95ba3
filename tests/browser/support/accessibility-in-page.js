// Evaluated inside a page; gives a list of what is wrong there, empty when nothing is.
(() => {
  const problems = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  /** @type {(element: Element) => string} */
  const say = (element) => element.outerHTML.slice(0, 90).replace(/\s+/g, ' ');
  const isShown = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });

  function checkNames() {
    for (const element of all('a[href], button, input:not([type="hidden"]), textarea, select, dialog')) {
      const labels = [...(element.labels ?? [])].map((label) => label.textContent);
      const inside = [...element.querySelectorAll('img')].map((image) => image.alt);
      const names = [element.getAttribute('aria-label'), ...labels, element.textContent, ...inside];
      if (isShown(element) && !names.some((name) => name?.trim())) problems.push(`no name: ${say(element)}`);
    }
    for (const image of all('img:not([alt])')) problems.push(`no alt: ${say(image)}`);
    if (!document.documentElement.lang) problems.push('the page has no language');
    if (!document.title) problems.push('the page has no title');
  }

  function checkReferences() {
    const ids = all('[id]').map((element) => element.id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    if (twice.length > 0) problems.push(`ids used twice: ${twice.join(' ')}`);
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'for']) {
      for (const element of all(`[${attribute}]`)) {
        for (const id of element.getAttribute(attribute).split(/\s+/)) {
          if (!ids.includes(id)) problems.push(`${attribute} leads nowhere: ${say(element)}`);
        }
      }
    }
  }

  function checkStructure() {
    for (const landmark of ['h1', 'main', 'footer']) {
      if (all(landmark).length !== 1) problems.push(`${all(landmark).length} × <${landmark}>`);
    }
    let last = 0;
    for (const heading of all('h1, h2, h3, h4, h5, h6')) {
      const level = Number(heading.tagName[1]);
      if (level > last + 1) problems.push(`heading skips from h${last} to h${level}: ${say(heading)}`);
      last = level;
    }
  }

  function checkTargets() {
    for (const element of all('button, input:not([type="hidden"]), textarea, a.button')) {
      const { width, height } = element.getBoundingClientRect();
      const small = width < 24 || height < 24;
      if (isShown(element) && small) problems.push(`too small to hit: ${say(element)}`);
    }
  }

  /** WCAG 2.2, success criterion 1.4.3: 4.5, or 3 for large text. */
  function checkContrast() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || seen.has(element) || !isShown(element)) continue;
      seen.add(element);
      const style = getComputedStyle(element);
      const size = Number.parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const behind = backgroundOf(element);
      const ratio = contrast(colour(style.color), behind);
      if (ratio < (large ? 3 : 4.5)) {
        problems.push(
          `contrast ${ratio.toFixed(2)} of ${style.color} on rgb(${behind.join(', ')}): ${say(element)}`,
        );
      }
    }
  }

  function backgroundOf(start) {
    for (let element = start; element; element = element.parentElement) {
      const [red, green, blue, alpha] = colour(getComputedStyle(element).backgroundColor);
      if (alpha === 1) return [red, green, blue];
      if (alpha > 0) problems.push(`cannot judge a see-through background: ${say(element)}`);
    }
    return [255, 255, 255];
  }

  function colour(text) {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha];
  }

  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  function luminance([red, green, blue]) {
    const [r, g, b] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  checkNames();
  checkReferences();
  checkStructure();
  checkTargets();
  checkContrast();
  const beyond = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (beyond > 0) problems.push(`the page is ${beyond} pixels wider than its window`);
  return problems;
})();
