import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A client of MQTT 5.0. */
final class Device5 implements Device {
    private final Mqtt5BlockingClient client;
    private final Mqtt5BlockingClient.Mqtt5Publishes incoming;
    private final boolean sessionPresent;

    Device5(Settings settings, Wish wish) throws Exception {
        MqttClientSslConfig tls = MqttClientSslConfig.builder()
                .trustManagerFactory(settings.trust())
                .handshakeTimeout(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .build();
        Mqtt5ClientBuilder builder = MqttClient.builder()
                .useMqttVersion5()
                .identifier(wish.name())
                .serverAddress(settings.serverAddress(wish.port()))
                .sslConfig(tls);
        if (settings.transport().equals("wss")) {
            builder = builder.webSocketConfig(
                    MqttWebSocketConfig.builder().serverPath("mqtt").subprotocol("mqtt").build());
        }
        client = builder.buildBlocking();
        incoming = client.publishes(MqttGlobalPublishFilter.ALL);
        var connect = client.connectWith()
                .cleanStart(!wish.persistent())
                .keepAlive(30)
                .simpleAuth()
                .username(settings.username())
                .password(wish.password().getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth();
        if (wish.persistent()) connect = connect.sessionExpiryInterval(300);
        if (wish.willTopic() != null) {
            connect = connect.willPublish()
                    .topic(wish.willTopic())
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload("gone".getBytes(StandardCharsets.UTF_8))
                    .applyWillPublish();
        }
        try {
            sessionPresent = connect.send().isSessionPresent();
        } catch (Mqtt5ConnAckException refused) {
            throw new Refusal(refused.getMqttMessage().getReasonCode().getCode());
        }
    }

    @Override
    public boolean sessionPresent() {
        return sessionPresent;
    }

    @Override
    public void subscribe(String topic, int qos) {
        var codes = client.subscribeWith().topicFilter(topic).qos(MqttQos.fromCode(qos)).send().getReasonCodes();
        if (codes.get(0).getCode() != qos) throw new AssertionError("granted " + codes);
    }

    @Override
    public void publish(String topic, String payload, int qos, boolean retain) {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.fromCode(qos))
                .retain(retain)
                .payload(payload.getBytes(StandardCharsets.UTF_8))
                .send();
    }

    @Override
    public Message receive() throws Exception {
        Optional<Mqtt5Publish> next = incoming.receive(DEADLINE_SECONDS, TimeUnit.SECONDS);
        Mqtt5Publish publish = next.orElseThrow(() -> new TimeoutException("waited in vain for a message"));
        String payload = new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8);
        return new Message(payload, publish.getQos().getCode(), publish.isRetain());
    }

    @Override
    public void down() {
        client.disconnect();
    }
}
