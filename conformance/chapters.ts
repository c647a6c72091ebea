/** Every chapter registers its tests when it is loaded; this is their order. */
import './chapters/connect-packet.ts';
import './chapters/session.ts';
import './chapters/will.ts';
import './chapters/connack.ts';
import './chapters/publish.ts';
import './chapters/retained.ts';
import './chapters/message-properties.ts';
import './chapters/flow.ts';
import './chapters/subscribe.ts';
import './chapters/delivery.ts';
import './chapters/topics.ts';
import './chapters/shared.ts';
import './chapters/closing.ts';
import './chapters/transport.ts';
import './chapters/choices.ts';
