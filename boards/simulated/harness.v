// A board and what its cable ends in: another serial port, which takes and gives whole bytes, so
// that no Python runs in the cycles between. `sent` and `arrived` change with each byte.
module harness (
    input clk,
    input rst,
    input [7:0] to_send,
    input send,               // changes when there is a byte to send
    input hold,               // keep the line to the board low, whatever is sent
    output reg sent,          // follows `send` when the byte is on the line
    output reg [7:0] received,
    output reg arrived,       // changes with each byte that was received
    output reg quiet          // nothing will happen any more
);
    localparam DIVISOR = `DIVISOR;
    localparam QUIET = 3 * `SILENCE * DIVISOR;

    reg to_board = 1;
    wire from_board, busy;
    reg [9:0] going = 0;
    reg [3:0] coming = 0;
    integer going_left = 0, going_bits = 0, coming_left = 0, still = 0;

    wire flash_select, flash_clock, flash_in, flash_out;

    device device (
        .clk(clk),
        .rst(rst),
        .rx(to_board & ~hold),
        .tx(from_board),
        .busy(busy),
        .flash__select(flash_select),
        .flash__clock(flash_clock),
        .flash__o(flash_in),
        .flash__i(flash_out)
    );

    spi_flash #(.AT(`IMAGE_AT), .WAKING(`SILENCE * DIVISOR / 2)) flash (
        .clk(clk),
        .select(flash_select),
        .clock(flash_clock),
        .data_in(flash_in),
        .data_out(flash_out)
    );

    initial begin
        sent = 0;
        received = 0;
        arrived = 0;
        quiet = 0;
    end

    always @(posedge clk) begin
        if (going_bits != 0) begin
            to_board <= going[0];
            going_left <= going_left - 1;
            if (going_left == 0) begin
                going <= going >> 1;
                going_left <= DIVISOR - 1;
                going_bits <= going_bits - 1;
                if (going_bits == 1) sent <= send;
            end
        end else if (send != sent) begin
            going <= {1'b1, to_send, 1'b0};
            going_left <= DIVISOR - 1;
            going_bits <= 10;
        end else to_board <= 1;

        if (coming == 0) begin
            coming_left <= DIVISOR + DIVISOR / 2 - 2;
            if (!from_board) coming <= 9;
        end else begin
            coming_left <= coming_left - 1;
            if (coming_left == 0) begin
                coming_left <= DIVISOR - 1;
                coming <= coming - 1;
                if (coming == 1) arrived <= ~arrived;
                else received <= {from_board, received[7:1]};
            end
        end

        still <= still + 1;
        quiet <= still > QUIET;
        if (rst | busy | flash_select | !from_board | !to_board | hold | send != sent) still <= 0;
    end
endmodule
