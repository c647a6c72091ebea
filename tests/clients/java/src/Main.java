import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

/** Runs the scenarios of tests/clients/README.md with the HiveMQ MQTT client. */
public final class Main {
    public static void main(String[] args) throws Exception {
        Settings settings = Settings.parse(args[0]);
        boolean five = settings.version().equals("5.0");
        Device.Opener opener = five ? wish -> new Device5(settings, wish) : wish -> new Device3(settings, wish);
        Scenarios scenarios = new Scenarios(settings, opener, five ? 0x86 : 4);
        Map<String, Callable<Void>> all = new LinkedHashMap<>();
        all.put("qos0", () -> scenarios.roundTrip(0));
        all.put("qos1", () -> scenarios.roundTrip(1));
        all.put("qos2", () -> scenarios.roundTrip(2));
        all.put("will", scenarios::will);
        all.put("retained", scenarios::retained);
        all.put("session", scenarios::session);
        all.put("refused", scenarios::refused);
        for (Map.Entry<String, Callable<Void>> scenario : all.entrySet()) {
            try {
                scenario.getValue().call();
                System.out.println("ok " + scenario.getKey());
            } catch (Exception | AssertionError error) {
                error.printStackTrace();
                System.out.println("not ok " + scenario.getKey() + ": " + error);
            }
        }
        System.exit(0);
    }
}
