const serviceRestart = 1012;
const longestWaitMs = 30_000;
const patienceMs = 2500;

/**
 * Keeps a WebSocket to the guestbook open for as long as the page is. It comes back after every
 * loss, sooner after a restart than after a failure, and asks for what it missed. `tell` gets
 * every event; `show` gets `live` or `waiting` when the reader should see a difference.
 */
export function followBook({ after, tell, show }) {
  let seen = after;
  let failures = 0;
  let socket;
  let timer;
  let complaint;

  const connect = () => {
    clearTimeout(timer);
    timer = undefined;
    const address = new URL(`/live?after=${seen}`, location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    socket = new WebSocket(address);
    socket.addEventListener('message', receive);
    socket.addEventListener('close', lose);
  };

  const receive = ({ data }) => {
    const event = JSON.parse(data);
    if (event.type === 'welcome') {
      failures = 0;
      clearTimeout(complaint);
      complaint = undefined;
      show('live');
      if (event.stale) seen = event.sequence;
    } else {
      seen = Math.max(seen, event.sequence);
    }
    tell(event);
  };

  const lose = ({ code }) => {
    // Most losses mend within a moment; only those that do not are worth a word.
    complaint ??= setTimeout(() => show('waiting'), patienceMs);
    const base = code === serviceRestart ? 200 : Math.min(longestWaitMs, 1000 * 2 ** failures);
    failures += 1;
    // Everybody lost the connection at the same moment; they should not all come back at the same one.
    timer = setTimeout(connect, base + Math.random() * base);
  };

  const hurry = () => {
    if (timer !== undefined && document.visibilityState === 'visible') connect();
  };
  addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  connect();
}
