// Adds a button to each block of code that copies it.
(() => {
  const { copy, copied } = document.body.dataset;
  for (const block of document.querySelectorAll('.code')) {
    const code = block.querySelector('code');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = copy;
    button.setAttribute('aria-live', 'polite');
    button.addEventListener('click', async () => {
      await toClipboard(code);
      button.textContent = copied;
      setTimeout(() => (button.textContent = copy), 2000);
    });
    block.append(button);
  }

  async function toClipboard(code) {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // No permission, or no secure origin: select it and ask the document.
      const range = document.createRange();
      range.selectNodeContents(code);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand('copy');
    }
  }
})();
