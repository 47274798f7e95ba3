const viewer = document.getElementById('viewer');
const picture = document.getElementById('viewer-picture');

/** Shows a picture large, over the page; the plain link stays for those who open it elsewhere. */
export function setUpViewer() {
  document.getElementById('list').addEventListener('click', (event) => {
    const link = event.target.closest('[data-photo]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    picture.src = link.href;
    picture.alt = link.querySelector('img').alt;
    viewer.showModal();
  });
  viewer.addEventListener('click', (event) => {
    if (event.target === viewer || event.target === picture) viewer.close();
  });
}
