/** A request that cannot be answered as asked: the sender can read why and put it right. */
export class RequestError extends Error {
  constructor(status, message, fields = {}) {
    super(message);
    this.status = status;
    /** What is wrong with which field of a form: `{ name: 'Please …' }`. */
    this.fields = fields;
  }
}
