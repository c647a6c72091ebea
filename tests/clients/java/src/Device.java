/** What the clients of both protocol versions can do. Every call has a deadline. */
interface Device {
    /** How a device connects; `port` may lead through a relay. */
    record Wish(String name, boolean persistent, String password, String willTopic, int port) {}

    /** What a scenario looks at. */
    record Message(String payload, int qos, boolean retained) {}

    /** A CONNACK that says no. */
    final class Refusal extends Exception {
        final int code;

        Refusal(int code) {
            super(String.format("CONNACK %#x", code));
            this.code = code;
        }
    }

    /** Connects a device. */
    interface Opener {
        Device open(Wish wish) throws Exception;
    }

    long DEADLINE_SECONDS = 10;

    boolean sessionPresent();

    void subscribe(String topic, int qos) throws Exception;

    void publish(String topic, String payload, int qos, boolean retain) throws Exception;

    Message receive() throws Exception;

    void down() throws Exception;
}
