import { ingressConformance } from '../conformance/ingress-conformance.ts';
import { TestIngress } from './test-ingress.ts';

ingressConformance('embedded', async () => {
  const under = await TestIngress.start();
  return {
    ingress: under.ingress,
    httpPort: under.http.port,
    [Symbol.asyncDispose]: () => under[Symbol.asyncDispose](),
  };
});
