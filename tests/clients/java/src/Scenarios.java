import java.util.Objects;

/** The scenarios, without regard to the protocol version. */
final class Scenarios {
    private final Settings settings;
    private final Device.Opener opener;
    private final int refusedCode;

    Scenarios(Settings settings, Device.Opener opener, int refusedCode) {
        this.settings = settings;
        this.opener = opener;
        this.refusedCode = refusedCode;
    }

    Void roundTrip(int qos) throws Exception {
        String topic = settings.prefix() + "qos" + qos;
        Device device = open("qos" + qos);
        device.subscribe(topic, qos);
        device.publish(topic, "hello " + qos, qos, false);
        equal(new Device.Message("hello " + qos, qos, false), device.receive());
        device.down();
        return null;
    }

    Void will() throws Exception {
        String topic = settings.prefix() + "will";
        Device witness = open("witness");
        witness.subscribe(topic, 1);
        Relay relay = new Relay(settings.host(), settings.port());
        opener.open(new Device.Wish(settings.prefix() + "mortal", false, settings.password(), topic, relay.port()));
        relay.cut();
        equal("gone", witness.receive().payload());
        witness.down();
        return null;
    }

    Void retained() throws Exception {
        String topic = settings.prefix() + "retained";
        Device writer = open("writer");
        writer.publish(topic, "kept", 1, true);
        Device reader = open("reader");
        reader.subscribe(topic, 1);
        equal(new Device.Message("kept", 1, true), reader.receive());
        reader.down();
        writer.publish(topic, "", 1, true);
        Device late = open("late");
        late.subscribe(topic, 1);
        writer.publish(topic, "end", 1, false);
        equal(new Device.Message("end", 1, false), late.receive());
        late.down();
        writer.down();
        return null;
    }

    Void session() throws Exception {
        String topic = settings.prefix() + "session";
        Device sleeper = openPersistent("sleeper");
        equal(false, sleeper.sessionPresent());
        sleeper.subscribe(topic, 1);
        sleeper.down();
        Device waker = open("waker");
        waker.publish(topic, "while you were away", 1, false);
        waker.down();
        Device again = openPersistent("sleeper");
        equal(true, again.sessionPresent());
        equal("while you were away", again.receive().payload());
        again.down();
        open("sleeper").down();
        return null;
    }

    Void refused() throws Exception {
        String name = settings.prefix() + "stranger";
        try {
            opener.open(new Device.Wish(name, false, "not the password", null, settings.port()));
        } catch (Device.Refusal refusal) {
            equal(refusedCode, refusal.code);
            return null;
        }
        throw new AssertionError("the connection was not refused");
    }

    private Device open(String name) throws Exception {
        return opener.open(new Device.Wish(settings.prefix() + name, false, settings.password(), null, settings.port()));
    }

    private Device openPersistent(String name) throws Exception {
        return opener.open(new Device.Wish(settings.prefix() + name, true, settings.password(), null, settings.port()));
    }

    private static void equal(Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) throw new AssertionError("expected " + expected + ", got " + actual);
    }
}
