// Plays a file of host requests into the engine and writes its answers to another, so that no
// Python runs in the cycles between. One request, or answer, in hexadecimal a line.
module harness (
    input clk,
    input rst,
    output reg finished
);
    reg [8*1024-1:0] requests_path, responses_path;
    integer requests_file, responses_file, found;
    reg [`REQUEST_BITS-1:0] request, line;
    reg valid = 0, ended = 0;
    integer unanswered = 0;

    wire requests_ready, responses_valid, busy;
    wire [31:0] response;
    wire accepted = valid & requests_ready;
    wire is_read = ~request[`WRITE_BIT];

    engine engine (
        .clk(clk),
        .rst(rst),
        .requests__payload(request),
        .requests__valid(valid),
        .requests__ready(requests_ready),
        .responses__payload(response),
        .responses__valid(responses_valid),
        .responses__ready(1'b1),
        .busy(busy)
    );

    initial begin
        finished = 0;
        request = 0;
        if (!$value$plusargs("requests=%s", requests_path)) $finish;
        if (!$value$plusargs("responses=%s", responses_path)) $finish;
        requests_file = $fopen(requests_path, "r");
        responses_file = $fopen(responses_path, "w");
    end

    always @(posedge clk) begin
        if (!rst) begin
            if (!valid | accepted) begin
                found = $fscanf(requests_file, "%h\n", line);
                valid <= found == 1;
                ended <= found != 1;
                if (found == 1) request <= line;
            end
            if (responses_valid) $fdisplay(responses_file, "%h", response);
            unanswered <= unanswered + (accepted & is_read) - responses_valid;
            if (ended & !busy & unanswered == 0 & !finished) begin
                $fclose(responses_file);
                finished <= 1;
            end
        end
    end
endmodule
