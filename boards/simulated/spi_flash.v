// A SPI flash, as far as its data sheet is of use here (Winbond W25Q128JV, 6.1 and 8.2): mode 0, and
// the commands to wake and to read. It sleeps at first, as an iCE40 leaves it, and drives nothing
// where it has nothing to say, which reads as 1. It holds the file of `+flash=`; the rest is blank.
module spi_flash #(
    parameter BYTES = 1 << 20,
    parameter AT = 0,         // of the file
    parameter WAKING = 0      // cycles of `clk` from the end of the command
) (
    input clk,
    input select,             // active high, unlike the chip's
    input clock,
    input data_in,
    output reg data_out
);
    localparam WAKE = 8'hab, READ = 8'h03;

    reg [7:0] content [0:BYTES - 1];
    reg [31:0] taken;         // bits that came since it was selected, the last one lowest
    reg [7:0] command;
    reg [23:0] address;
    reg heeds = 0;            // was awake when it was selected
    integer count = 0;        // bits that came
    integer left = -1;        // cycles to be awake
    integer index, file, got;
    reg [8 * 256 - 1:0] path;

    initial begin
        data_out = 1;
        for (index = 0; index < BYTES; index = index + 1) content[index] = 8'hff;
        if ($value$plusargs("flash=%s", path)) begin
            file = $fopen(path, "rb");
            got = $fread(content, file, AT);
            $fclose(file);
        end
    end

    always @(posedge clk)
        if (select) begin
            if (count >= 8 && command == WAKE && left < 0) left <= WAKING;
        end else if (left > 0) left <= left - 1;

    always @(posedge select) heeds <= left == 0;

    always @(posedge clock or negedge select)
        if (!select) count <= 0;
        else begin
            taken <= {taken[30:0], data_in};
            count <= count + 1;
            if (count == 7) command <= {taken[6:0], data_in};
            if (count == 31) address <= {taken[22:0], data_in};
        end

    always @(negedge clock or negedge select)
        if (!select) data_out <= 1;
        else if (heeds && command == READ && count >= 32)
            data_out <= content[(address + (count - 32) / 8) % BYTES][7 - (count - 32) % 8];
endmodule
