import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;

/** Compiles for each line of its input, which has the compiler's arguments between tabs; answers OK or a JSON string. */
public final class Compile {
    public static void main(String[] args) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            var said = new ByteArrayOutputStream();
            var code = new K2JVMCompiler().exec(new PrintStream(said, true, StandardCharsets.UTF_8), line.split("\t"));
            System.out.println(code == ExitCode.OK ? "OK" : json(said.toString(StandardCharsets.UTF_8)));
        }
    }

    private static String json(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", " ").replace("\r", "").replace("\n", "\\n") + '"';
    }
}
